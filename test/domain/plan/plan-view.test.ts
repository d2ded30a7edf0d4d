import { describe, expect, test } from 'vitest';
import { describeCondition } from '../../../src/domain/plan/condition-words.ts';
import { showPlan, toPlanView } from '../../../src/domain/plan/plan-show.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { resolvePlan } from '../../../src/domain/plan/resolved-plan.ts';
import { escape, reviewDocument } from '../../../src/domain/plan/review-document.ts';
import { planOf, profile, roster, withTasks, written } from './plan-fixture.ts';

const sprints = [
  {
    id: 'core',
    title: 'The core',
    duration: '4h',
    agents: ['builder', 'tester'],
    tasks: [
      {
        id: 'lexer',
        title: 'Write | the\nlexer',
        agent: 'builder',
        estimate: '40m',
        paths: ['src'],
        deliverables: [{ id: 'code', path: 'src' }],
      },
      {
        id: 'parser',
        skills: ['build'],
        estimate: '1h',
        dependsOn: ['lexer'],
        resources: ['bench-machine'],
        checks: ['lint'],
        budget: { time: '2h', attempts: 1 },
      },
      { id: 'tests', agent: 'tester', estimate: '10m', dependsOn: ['lexer'] },
    ],
    checkpoints: [{ id: 'freeze', after: ['lexer'], agents: ['builder', 'tester'] }],
  },
  { id: 'docs', dependsOn: [], agents: ['ann', 'tester'], tasks: [{ id: 'review', agent: 'ann' }] },
];
const triggers = [{ agent: 'tester', when: { task: 'lexer', reached: 'finished' } }];
const data = written({}, { sprints, triggers, objectives: [{ id: 'fast', text: 'parse 1 GB in 10 s' }] });

describe('showing a plan', () => {
  test('of no work has nobody busy', () => {
    const view = toPlanView({ ...planOf(written()), sprints: [] }, roster.agents);
    expect(view.estimate.makespanMs).toBe(0);
    expect(view.agents.map(({ busyPercentage }) => busyPercentage)).toEqual([0, 0, 0]);
  });

  test.each([
    [{ metric: 'error_rate', above: 5 }, 'error_rate is above 5'],
    [{ metric: 'overall_progress', below: 50 }, 'overall_progress is below 50'],
    [{ metric: 'error_rate', above: 5, below: 9 }, 'error_rate is above 5 or below 9'],
  ])('says the limits of the metric %j', (when, words) => {
    const { triggers: read } = planOf(written({}, { triggers: [{ agent: 'tester', when }] }));
    expect(read.map((trigger) => describeCondition(trigger.when))).toEqual([words]);
  });

  test('gives graph, critical path, estimate, who would do what and why', () => {
    expect(showPlan(planOf(data), roster.agents)).toBe(`Parser: 2 sprints, 4 tasks, 3 agents

Sprint core "The core"   (* on the critical path)
  * lexer     40m  builder  named by the plan
    * parser  1h   builder  the only one who has build  after lexer
    - tests   10m  tester   named by the plan           after lexer
  = checkpoint freeze after lexer: builder, tester meet

Sprint docs, after core   (* on the critical path)
  * review  10m  ann  named by the plan

In order because of what they share
  core before docs: both work with tester, who has 1 at a time

Triggers
  tester starts when task lexer has finished

Critical path  1h50m: lexer → parser → review
Estimate       1h50m with these agents, for 2h of work; 1 task without an estimate counts as 10m
               leases, checkpoints, triggers, failures and late answers come on top

Agents
  ann      1 task   10m    0% busy
  builder  2 tasks  1h40m  45% busy
  tester   1 task   10m    9% busy
`);
  });

  test('has the same as data', () => {
    const view = toPlanView(planOf(data), roster.agents);
    expect(view.criticalPath).toEqual({ lengthMs: 6_600_000, tasks: ['lexer', 'parser', 'review'] });
    expect(view.sprints[0]?.tasks[2]).toEqual({
      id: 'tests',
      title: 'tests',
      level: 1,
      dependsOn: ['lexer'],
      agent_id: 'tester',
      why: 'named by the plan',
      estimateMs: 6e5,
      startMs: 24e5,
      endMs: 3e6,
      slackMs: 3e6,
      isCritical: false,
    });
  });

  test('abridges what is long and keeps control characters from the terminal', () => {
    const tasks = Array.from({ length: 40 }, (_, n) => ({
      id: `t${n}`,
      agent: 'builder',
      dependsOn: n > 0 ? [`t${n - 1}`] : [],
    }));
    const text = showPlan(planOf({ ...withTasks(...tasks), project: { name: 'a\u001b[31mb' } }), roster.agents);
    expect(text).toMatch(/^a \[31mb: 1 sprint, 40 tasks/);
    expect(text).toContain('t19 → … 15 more … → t35');
    expect(text).toContain('40 tasks without an estimate count as 10m');
  });

  test.each([
    [{ all: [{ deliverable: 'd', of: 'a' }, { checkpoint: 'c' }] }, '(deliverable d of a is there and checkpoint c is passed)'],
    [{ any: [{ afterMs: 60_000 }, { at: '2026-12-01T00:00:00.000Z' }] }, '(1m have passed or it is 2026-12-01T00:00:00.000Z)'],
    [{ metric: 'error_rate', above: 10, below: 20 }, 'error_rate is above 10 or below 20'],
    [{ metric: 'error_rate', below: 20 }, 'error_rate is below 20'],
  ] as const)('says the condition %j in words', (when, words) => {
    expect(describeCondition(when)).toBe(words);
  });
});

describe('the review document', () => {
  const human = { people: ['ann', 'b*o'], withinMs: 86_400_000, otherwise: 'fail' } as const;
  const facts = {
    agents: [
      profile('builder', { skills: ['build'], capacity: 2 }),
      profile('tester', { skills: ['test'] }),
      profile('ann', { kind: 'human', human }),
    ],
    checks: [{ id: 'lint', digest: 'c'.repeat(64) }],
    channels: [],
    resources: [{ id: 'bench-machine', capacity: 2 }],
    authorization: { mode: 'named', approvers: ['ann', 'bo'], required: 2, expiresMs: 86_400_000 },
    policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 2_000, notify: [] },
  } as const;
  const resolve = (plan: unknown, changes: object = {}) => {
    const resolved = resolvePlan(planOf(plan), { ...facts, ...changes });
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
    return resolved.value;
  };

  test('has all that a person authorizes', () => {
    const resolved = resolve({ ...data, project: { name: 'Parser', description: 'A *fast* one' } });
    const hash = planHash(resolved);
    const text = reviewDocument(
      resolved,
      hash,
      [
        { name: 'builder', ok: true, detail: 'node found' },
        { name: 'ops', ok: false, detail: 'refused' },
      ],
      "it's",
    );
    for (const part of [
      '# Authorization of Parser',
      `Plan hash \`${hash}\`: 2 sprints, 4 tasks, 3 agents. Nothing has started yet.`,
      'A \\*fast\\* one',
      '- **fast**: parse 1 GB in 10 s',
      '**1 of 2 tests failed.**',
      '| ops | **not ready** | refused |',
      '### core: The core\n\nStarts at once, planned for 4h.',
      '| lexer | Write \\| the lexer | builder |  | code (src) | src | no time limit, 3 attempts |',
      '| parser | parser | builder (by skill and load) | lexer |  | bench-machine exclusive | 2h, 1 attempt, checked by lint |',
      'Checkpoint **freeze** after lexer: builder, tester meet.',
      '### docs: docs\n\nAfter core.',
      '- core before docs: both work with tester, who has 1 at a time',
      '- tester starts when task lexer has finished',
      `| builder | command | build | 2 | pact-agents | \`${'d'.repeat(64)}\` |`,
      '| ann | human: ann, b\\*o, 1d, else fail |',
      `- lint \`${'c'.repeat(64)}\``,
      '- bench-machine: capacity 2',
      'Needed: 2 of ann, bo. Without it the plan is rejected after 1d.',
      `temporal workflow signal --workflow-id 'it'\\''s' --name authorize --input '{"by":"YOUR NAME","decision":"approve",`,
      `"planHash":"${hash}","reviewed":true,"emergencyStopUnderstood":true}'`,
      `--name emergencyStop --input '{"by":"YOUR NAME","reason":"WHY"}'`,
    ]) {
      expect(text).toContain(part);
    }
  });

  test('says who may authorize where anyone may, and that everything is ready', () => {
    const anyone = { mode: 'anyone', approvers: [], required: 1, expiresMs: 3_600_000 };
    const agents = [facts.agents[0], facts.agents[1], { ...facts.agents[2], human: { ...human, people: 'anyone' } }];
    const text = reviewDocument(resolve(data, { authorization: anyone, agents }), 'h', []);
    expect(text).toContain('Needed: 1 of anyone who gives a name.');
    expect(text).toContain('All 0 tests passed.');
    expect(text).toContain('| ann | human: anyone, 1d, else fail |');
    expect(text).toContain("--workflow-id 'EXECUTION_ID'");
  });

  test('stays short for a long plan and says what it leaves out', () => {
    const tasks = Array.from({ length: 1_000 }, (_, n) => ({
      id: `t${n}`,
      dependsOn: Array.from({ length: Math.min(n, 12) }, (_task, m) => `t${m}`),
    }));
    const agents = Array.from({ length: 8 }, (_, n) => profile(`agent${n}`));
    const plan = planOf(withTasks(...tasks), { ...roster, agents });
    const resolved = resolvePlan(
      {
        ...plan,
        sprints: [
          ...plan.sprints,
          ...planOf(written({ id: 'late', agents: ['agent0'], tasks: [{ id: 'z', agent: 'agent0' }] }), null).sprints,
        ],
      },
      { ...facts, agents },
    );
    const text = resolved.ok ? reviewDocument(resolved.value, 'h', []) : '';
    expect(text.length).toBeLessThan(80_000);
    expect(text).toContain('… and 700 more: `pact show` lists them all');
    expect(text).toContain('### late: late\n\nAfter core.\n\n… and 1 more:');
    expect(text).toContain('agent0, agent1, agent2, agent3, agent4 and 3 more (by skill and load)');
    expect(text).toContain('t9, …');
  });

  test('says what chains have done while they are asked', () => {
    const of = (...meanwhile: object[]) => ({ levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop', meanwhile });
    const tasks = [
      { id: 'a', agent: 'builder', escalation: of({ hold: true }) },
      { id: 'b', agent: 'builder' },
    ];
    const written = {
      ...data,
      escalation: of({ pause: true }),
      sprints: [{ id: 'core', tasks, escalation: of({ concurrency: 2 }) }],
      triggers: [],
    };
    const text = reviewDocument(resolve(written), 'h', []);
    expect(text).toContain(
      'Measures while people are asked\n\n- the plan: the sprint is paused\n- sprint core: at most 2 at work at a time\n- task a: the work is held',
    );
  });

  test('never outgrows the answer to a query, and keeps how to authorize', () => {
    const paths = Array.from({ length: 40 }, (_, n) => `${'p'.repeat(280)}${n}`);
    const resolved = resolvePlan(
      planOf(withTasks(...Array.from({ length: 300 }, (_, n) => ({ id: `t${n}`, paths }))), roster),
      facts,
    );
    const text = resolved.ok ? reviewDocument(resolved.value, 'h', []) : '';
    expect(text.length).toBeLessThan(210_000);
    expect(text).toContain(`${'p'.repeat(280)}19, … (40)`);
    expect(text).toMatch(/\n\n… and more than fits here: .*\n\n## Authorization\n\nNeeded: /);
  });

  test('escapes what could pose as a part of it', () => {
    expect(escape('a\n## Approved\u202e <b>|`x`')).toBe('a \\#\\# Approved  &lt;b>\\|\\`x\\`');
    expect(escape('x'.repeat(400))).toHaveLength(300);
  });
});
