import type { Finding } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import { didYouMean, nearest } from '../../nearest.ts';
import type { ConditionGroup, Mention, OutlineCondition } from '../outline.ts';
import type { RosterFacts } from '../roster-facts.ts';
import type { Rule, RuleContext } from './rule-context.ts';

/** Every id that the plan mentions is known; for one that is not, the nearest that are. Without a roster, its ids pass. */
export const referenceRule: Rule = (context) => {
  const { outline, facts } = context;
  const known = knownIds(context);
  const findings: Finding[] = [];
  const refer = (kind: keyof typeof known, mentions: readonly Mention[]): void => {
    for (const mention of mentions) {
      if (!known[kind].has(mention.id)) findings.push(unknown(kind, mention, known[kind], noneHint(kind, context)));
    }
  };
  for (const sprint of outline.sprints) {
    refer('sprint', sprint.dependsOn ?? []);
    if (facts !== null) refer('agent', sprint.agents ?? []);
    for (const { after, agents } of sprint.checkpoints) {
      refer('task', after);
      if (facts !== null) refer('agent', agents);
    }
  }
  for (const task of context.tasks) {
    refer('task', task.dependsOn);
    if (facts !== null) refer('check', [...task.checks, ...(task.compensation === null ? [] : [task.compensation])]);
    if (facts !== null && task.agent !== null) refer('agent', [task.agent]);
    if (facts !== null) refer('dependency', task.needs);
    findings.push(...task.resources.flatMap((resource) => almostDeclared(resource, known.resource)));
  }
  for (const trigger of outline.triggers) {
    if (facts !== null && trigger.agent !== null) refer('agent', [trigger.agent]);
    for (const leaf of leavesOf(trigger.when)) {
      if (leaf.kind === 'checkpoint') refer('checkpoint', [leaf.checkpoint]);
      if (leaf.kind === 'task' || leaf.kind === 'deliverable') refer('task', [leaf.task]);
      if (leaf.kind === 'message' && facts !== null && leaf.from !== null) findings.push(...almostAgent(leaf.from, known.agent));
      if (leaf.kind === 'deliverable') findings.push(...missingDeliverable(leaf.deliverable, leaf.task.id, context));
    }
  }
  return findings;
};

function knownIds({ outline, facts, taskById, sprintIndexById, checkpointAfter }: RuleContext) {
  return {
    task: new Set(taskById.keys()),
    sprint: new Set(sprintIndexById.keys()),
    checkpoint: new Set(checkpointAfter.keys()),
    agent: new Set(facts?.agents.map(({ id }) => id)),
    check: new Set(facts?.checks),
    dependency: new Set(facts?.probed?.dependencies),
    resource: new Set([...outline.resources, ...(facts?.resources ?? [])].map(({ id }) => id)),
  };
}

const noneHint = (kind: string, { facts }: RuleContext): string => {
  const isConfigured = kind === 'agent' || kind === 'check' || kind === 'dependency';
  if (!isConfigured) return `the plan has no ${kind} of that id`;
  // These are looked up with a roster only.
  const { agents, checks, probed } = facts as RosterFacts;
  const ids = kind === 'agent' ? agents.map(({ id }) => id) : kind === 'check' ? checks : (probed?.dependencies ?? []);
  return ids.length === 0
    ? `the config has no ${kind === 'dependency' ? 'dependencies' : `${kind}s`}`
    : `the config has ${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`;
};

const unknown = (kind: string, { id, at }: Mention, known: Iterable<string>, otherwise: string): Finding => ({
  at,
  expected: `the id of ${kind === 'agent' ? 'an' : 'a'} ${kind}`,
  got: quote(id),
  message: `unknown ${kind} ${quote(id)}`,
  hint: didYouMean(id, known) ?? otherwise,
});

/** An undeclared resource is fine, with capacity 1, unless it is a declared one misspelt: tasks would not exclude each other. */
function almostDeclared({ id, at }: Mention, declared: ReadonlySet<string>): Finding[] {
  if (declared.has(id)) return [];
  const near = nearest(id, declared);
  if (near.length === 0) return [];
  const hint = `did you mean ${near.map(quote).join(' or ')}? If not, declare it in resources`;
  return [{ at, expected: 'a declared resource', got: quote(id), message: `undeclared resource ${quote(id)}`, hint }];
}

/** Who sends a message may be a program outside, unless it is an agent misspelt. */
function almostAgent({ id, at }: Mention, known: ReadonlySet<string>): Finding[] {
  if (known.has(id)) return [];
  const near = nearest(id, known);
  if (near.length === 0) return [];
  const hint = `did you mean ${near.map(quote).join(' or ')}? A program outside needs a name that is not so like an agent's`;
  return [{ at, expected: 'an agent, or a program outside', got: quote(id), message: `unknown agent ${quote(id)}`, hint }];
}

function missingDeliverable({ id, at }: Mention, taskId: string, { taskById }: RuleContext): Finding[] {
  const task = taskById.get(taskId);
  if (task === undefined || task.deliverables.some((deliverable) => deliverable.id === id)) return [];
  const ids = task.deliverables.map((deliverable) => deliverable.id);
  const hint =
    didYouMean(id, ids) ??
    (ids.length === 0 ? `task ${taskId} declares none` : `task ${taskId} declares ${ids.slice(0, 10).join(', ')}`);
  return [{ at, expected: `a deliverable of task ${taskId}`, got: quote(id), message: `unknown deliverable ${quote(id)}`, hint }];
}

export type ConditionLeaf = Exclude<OutlineCondition, ConditionGroup>;

export const leavesOf = (when: OutlineCondition): ConditionLeaf[] => ('parts' in when ? when.parts.flatMap(leavesOf) : [when]);
