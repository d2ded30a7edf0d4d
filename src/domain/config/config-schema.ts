import { z } from 'zod';
import { dependencySchema, envSchema as env, probeSchema } from '../emergencies/probe-config.ts';
import { budget, count, duration, fields, id, type LaterWork, list, text } from '../source/shape.ts';
import { QUESTION_KINDS } from '../agent-question.ts';
import { argv } from './argv.ts';
import { channelSchema } from './channel-schema.ts';

/** The worker's config as people write it. */

const adapter = z.discriminatedUnion('kind', [
  fields({
    kind: z.literal('command'),
    run: argv,
    env: env.nullish(),
    input: z.enum(['once', 'stream']).nullish(),
    probe: argv.nullish(),
  }),
  fields({
    kind: z.literal('human'),
    people: z.union([z.literal('anyone'), z.array(text(200)).min(1, { error: 'at least one person' })]).nullish(),
    within: duration.nullish(),
    otherwise: z.enum(['fail', 'skip']).nullish(),
    wrapUpWithin: duration.nullish(),
  }),
]);

const COST_RULE = 'a number from 0 to 1000000';

const agent = fields({
  id,
  title: text(500).nullish(),
  adapter,
  skills: list(text(100)),
  capacity: count(10_000).nullish(),
  queue: text(200).nullish(),
  stallAfter: duration.nullish(),
  answers: list(z.enum(QUESTION_KINDS)),
  budget: budget.nullish(),
  cost: z.number({ error: COST_RULE }).min(0, { error: COST_RULE }).max(1_000_000, { error: COST_RULE }).nullish(),
});

const SHARE = 'a share of the limit above 0, at most 1';
const share = z.number({ error: SHARE }).positive({ error: SHARE }).max(1, { error: SHARE });
const PERCENT_RULE = 'a percentage such as "20%", or "any"';
const percent = z.string({ error: PERCENT_RULE }).regex(/^(\d{1,6}%|any)$/, { error: PERCENT_RULE });
const USAGE_RULE = 'a percentage from "1%" to "100%"';
const usage = z.string({ error: USAGE_RULE }).regex(/^([1-9]\d?|100)%$/, { error: USAGE_RULE });
const permission = z.enum(['ask', 'allow']);
const amendments = fields({
  tasks: percent.nullish(),
  estimate: percent.nullish(),
  budget: percent.nullish(),
  agents: permission.nullish(),
  checks: permission.nullish(),
});

export const configSchema = fields({
  agents: z.array(agent).min(1, { error: 'at least one agent' }),
  checks: list(fields({ id, run: argv, timeout: duration.nullish(), env: env.nullish() })),
  resources: list(fields({ id, capacity: count(10_000).nullish(), probe: probeSchema.nullish() })),
  dependencies: list(dependencySchema),
  channels: list(channelSchema),
  notify: list(id),
  workspaces: fields({ kind: z.enum(['directory']) }).nullish(),
  authorization: fields({
    mode: z.enum(['named', 'anyone']).nullish(),
    approvers: list(text(200)),
    required: count(100).nullish(),
    expires: duration.nullish(),
    amendments: amendments.nullish(),
  }).nullish(),
  budget: fields({ warnAt: share.nullish(), within: duration.nullish() }).nullish(),
  stallAfter: duration.nullish(),
  heartbeatTimeout: duration.nullish(),
  killGrace: duration.nullish(),
  artifacts: fields({ dir: text(4_096).nullish() }).nullish(),
  taskQueues: fields({ workflows: text(200).nullish(), agents: text(200).nullish() }).nullish(),
  slots: fields({
    minimum: count(10_000).nullish(),
    maximum: count(10_000).nullish(),
    memory: usage.nullish(),
    cpu: usage.nullish(),
  }).nullish(),
});

export type WrittenConfig = z.output<typeof configSchema>;

/** What the format reserves for later versions; until then it is refused by name. */
export const LATER_IN_CONFIGS: readonly LaterWork[] = [
  { at: /^$/, names: ['escalation', 'contingencies', 'targets', 'dashboard'] },
  { at: /^agents\.\*\.adapter\.kind$/, names: ['http', 'llm', 'acp', 'a2a', 'activity'] },
  { at: /^workspaces\.kind$/, names: ['git'] },
  { at: /^workspaces$/, names: ['repository', 'target'] },
  { at: /^authorization\.mode$/, names: ['signed'] },
  { at: /^authorization$/, names: ['keys'] },
];
