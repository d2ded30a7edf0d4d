// Random workflows in WfFormat of the shapes that scientific workflows have (Bharathi et al. 2008, Coleman et al. 2022, WfCommons), with run
// times spread like recorded ones: a lognormal per kind of task. The same seed gives the same instance.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInstance } from '../dist/domain/wfcommons/instance.js';
import { seededRandom } from './statistics.mjs';

/** Collects tasks; `add(kind, medianSeconds, parents)` answers with the new task's id. */
function createWorkflow(name, random) {
  const tasks = [];
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const add = (kind, medianSeconds, parents = [], spread = 0.4) => {
    const id = `${kind}_ID${String(tasks.length + 1).padStart(7, '0')}`;
    tasks.push({ id, parents, seconds: Math.max(0.01, medianSeconds * Math.exp(spread * normal())) });
    return id;
  };
  return { add, random, toInstance: () => toWfFormat(name, tasks) };
}

function toWfFormat(name, tasks) {
  const children = new Map(tasks.map(({ id }) => [id, []]));
  for (const { id, parents } of tasks) for (const parent of parents) children.get(parent).push(id);
  return {
    name,
    schemaVersion: '1.5',
    workflow: {
      specification: { tasks: tasks.map(({ id, parents }) => ({ name: id, id, parents, children: children.get(id) })) },
      execution: { tasks: tasks.map(({ id, seconds }) => ({ id, runtimeInSeconds: seconds })) },
    },
  };
}

const times = (count, make) => Array.from({ length: count }, (_, number) => make(number));

/** Each shape as a function of a workflow and its size; a size of n gives about 40 n tasks. */
const SHAPES = {
  montage({ add, random }, n) {
    const projects = times(12 * n, () => add('mProject', 12));
    const fits = times(20 * n, () => {
      const first = Math.floor(random() * projects.length);
      return add('mDiffFit', 0.7, [projects[first], projects[(first + 1 + Math.floor(random() * 5)) % projects.length]]);
    });
    const model = add('mBgModel', 8 * n, [add('mConcatFit', 2 * n, fits)]);
    const backgrounds = projects.map((project) => add('mBackground', 1.5, [project, model]));
    add('mViewer', 5 * n, [add('mAdd', 6 * n, [add('mImgtbl', n, backgrounds), ...backgrounds])]);
  },
  epigenomics({ add }, n) {
    const merged = times(Math.ceil(n / 4), () => {
      const split = add('fastqSplit', 30);
      const lanes = times(40, () =>
        ['filterContams', 'sol2sanger', 'fast2bfq'].reduce((before, kind) => add(kind, 3, [before]), split),
      );
      return add(
        'mapMerge',
        20,
        lanes.map((lane) => add('map', 120, [lane], 0.8)),
      );
    });
    add('pileup', 80, [add('maqIndex', 60, [add('mapMergeAll', 30, merged)])]);
  },
  blast({ add }, n) {
    const parts = times(
      40 * n,
      (
        (split) => () =>
          add('blastall', 10, [split], 0.6)
      )(add('split_fasta', 0.2)),
    );
    add('cat_blast', 0.5, parts);
    add('cat', 0.5, parts);
  },
  genome({ add }, n) {
    for (let chromosome = 0; chromosome < Math.ceil(n / 1.2); chromosome += 1) {
      const individuals = times(20, () => add('individuals', 60));
      const merge = add('individuals_merge', 40, individuals);
      const sifting = add('sifting', 15);
      for (let population = 0; population < 7; population += 1) {
        add('mutation_overlap', 30, [merge, sifting]);
        add('frequency', 120, [merge, sifting]);
      }
    }
  },
  cholesky: ({ add }, n) => factorise(add, Math.round(Math.cbrt(240 * n)), false),
  lu: ({ add }, n) => factorise(add, Math.round(Math.cbrt(120 * n)), true),
  seismology({ add }, n) {
    add(
      'wrapper_siftSTFByMisfit',
      4,
      times(40 * n, () => add('sG1IterDecon', 6, [], 0.9)),
    );
  },
  cycles({ add, random }, n) {
    const outputs = times(7 * n, () => {
      const baseline = add('baseline_cycles', 20);
      const runs = times(2, () => add('cycles', 25 + 30 * random(), [baseline]));
      return add(
        'fertilizer_increase_output_parser',
        2,
        runs.map((run) => add('fertilizer_increase_cycles', 25, [run])),
      );
    });
    add('cycles_plots', 30, [add('output_summary', 5, outputs)]);
  },
  soykb({ add }, n) {
    const samples = times(5 * n, () => {
      const sorted = ['alignment', 'sort_sam', 'dedup', 'add_replace', 'realign_target', 'indel_realign'].reduce(
        (before, kind) => add(kind, 30, before === null ? [] : [before], 0.7),
        null,
      );
      return times(1, () => add('haplotype_caller', 90, [sorted], 0.7))[0];
    });
    const merged = add('merge_gcvf', 60, samples);
    for (let part = 0; part < 4; part += 1) add('filtering', 20, [add('select_variants', 20, [merged])]);
  },
  srasearch({ add }, n) {
    const found = times(19 * n, () => add('bowtie2', 45, [add('fasterq_dump', 30, [], 0.8)], 0.8));
    add('merge', 10, found);
  },
  random({ add, random }, n) {
    const ids = [];
    for (let number = 0; number < 40 * n; number += 1) {
      const parents = times(Math.floor(random() * 4), () => ids[Math.max(0, number - 1 - Math.floor(random() * 30))]);
      ids.push(add('task', 20, [...new Set(parents)].filter(Boolean), 1));
    }
  },
};

/** Tiled Cholesky and LU factorisation of t × t tiles. */
function factorise(add, tiles, isFull) {
  const last = new Map();
  const at = (row, column) => `${row},${column}`;
  const run = (kind, seconds, row, column, reads) => {
    const parents = [at(row, column), ...reads].flatMap((tile) => last.get(tile) ?? []);
    last.set(at(row, column), add(kind, seconds, [...new Set(parents)], 0.2));
  };
  for (let k = 0; k < tiles; k += 1) {
    run('potrf', 2, k, k, []);
    for (let i = k + 1; i < tiles; i += 1) run('trsm', 3, i, k, [at(k, k)]);
    if (isFull) for (let j = k + 1; j < tiles; j += 1) run('trsm', 3, k, j, [at(k, k)]);
    for (let i = k + 1; i < tiles; i += 1) {
      for (let j = k + 1; j < (isFull ? tiles : i + 1); j += 1) run('gemm', 4, i, j, [at(i, k), isFull ? at(k, j) : at(j, k)]);
    }
  }
}

/** Of every shape one instance per size: `[{name, data}]`. */
export const generateInstances = (seed, sizes) =>
  Object.entries(SHAPES).flatMap(([shape, build], number) =>
    sizes.map((size) => {
      const workflow = createWorkflow(`${shape}-${size}`, seededRandom(seed * 1_000 + number * 50 + size));
      build(workflow, size);
      return { name: `${shape}-${size}`, data: workflow.toInstance() };
    }),
  );

/** The instances of a folder: `[{name, data}]`. */
export function readInstances(dir, say) {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  say(`  ${files.length} instances of ${dir}`);
  return files.map((name) => ({ name, data: JSON.parse(readFileSync(join(dir, name), 'utf8')) }));
}

/** What the product reads of an instance: `[{id, durationMs, dependsOn: [place]}]`. */
export function toTasks(data, name) {
  const instance = readInstance(data, name);
  if (!instance.ok) throw new Error(`${name}: ${JSON.stringify(instance.error)}`);
  return instance.value.tasks.map(({ id, runtimeSeconds, dependsOn }) => ({ id, dependsOn, durationMs: runtimeSeconds * 1_000 }));
}
