import { toIso } from '../iso-time.ts';
import { escapeMarkdown } from '../markdown.ts';
import type { EscalationState } from './escalation.ts';

/** Answer of the query `status` of an escalation, and what its review holds. */
export function toEscalationView({
  input,
  startedAt,
  level,
  deadline,
  acknowledged,
  repeated,
  timeline,
  outcome,
}: EscalationState) {
  const { cause, policy, options, sprint } = input;
  return {
    sprint,
    cause,
    policy,
    options,
    startedAt: toIso(startedAt),
    level: level + 1,
    deadline: deadline === null ? null : toIso(deadline),
    acknowledged: acknowledged === null ? null : { by: acknowledged.by, at: toIso(acknowledged.at) },
    repeated,
    timeline: timeline.map(({ at, text }) => ({ at: toIso(at), text })),
    outcome: outcome === null ? null : { ...outcome, startedAt: toIso(outcome.startedAt), endedAt: toIso(outcome.endedAt) },
  };
}
export type EscalationView = ReturnType<typeof toEscalationView>;

/** Post-incident review in Markdown, written from what happened alone: cause, impact, timeline, measures, decision, follow-ups. */
export function toReview(view: EscalationView, name: string): string {
  const { cause, outcome, timeline, policy } = view;
  const lines = [
    `# Review of ${name}`,
    '',
    `**${escapeMarkdown(cause.title)}** (${cause.kind}, severity ${cause.severity})`,
    '',
    '## Cause',
    '',
    escapeMarkdown(cause.text),
    ...Object.entries(cause.evidence).map(([key, value]) => `- ${escapeMarkdown(key)}: ${escapeMarkdown(JSON.stringify(value))}`),
    '',
    '## Impact',
    '',
    `- ${cause.task === null ? 'No single task' : `Task ${escapeMarkdown(cause.task)}`} of ${view.sprint === null ? 'the execution' : `sprint ${escapeMarkdown(view.sprint)}`}`,
    `- ${cause.agent_id === null ? 'No single agent' : `Agent ${escapeMarkdown(cause.agent_id)}`}`,
    `- Open for ${toDuration(view)}, ${view.repeated === 0 ? 'came once' : `came ${view.repeated + 1} times`}`,
    '',
    '## Timeline',
    '',
    ...timeline.map(({ at, text }) => `- ${at} ${escapeMarkdown(text)}`),
    '',
    '## Measures',
    '',
    ...(cause.measures.length === 0
      ? ['None was taken while it waited.']
      : cause.measures.map((text) => `- ${escapeMarkdown(text)}`)),
    '',
    '## Decision',
    '',
    describeDecision(view),
    '',
    '## Follow-ups',
    '',
    ...followUps(view).map((text) => `- ${text}`),
    '',
    `Asked: ${
      policy.levels
        .slice(0, view.level)
        .map(({ to }, index) => `level ${index + 1} ${escapeMarkdown(to.join(', '))}`)
        .join('; ') || 'nobody'
    }; without an answer: ${policy.otherwise}.`,
    '',
  ];
  return outcome === null ? '' : lines.join('\n');
}

function describeDecision({ outcome }: EscalationView): string {
  if (outcome === null) return 'None yet.';
  const { by, decision, how, note, level } = outcome;
  const why = note === null ? '' : `: ${escapeMarkdown(note)}`;
  if (how === 'withdrawn') return `Withdrawn${why}.`;
  if (by === null)
    return `Nobody answered on ${level} level${level === 1 ? '' : 's'}; the declared end was carried out: ${decision}.`;
  return `${escapeMarkdown(by)} of level ${level} decided "${escapeMarkdown(decision)}"${why}.`;
}

/** What the facts alone suggest. */
function followUps({ cause, outcome, acknowledged, repeated }: EscalationView): string[] {
  const found: string[] = [];
  if (outcome?.how === 'silence') found.push('Nobody answered: check the people, channels and times of the escalation levels.');
  if (outcome?.how === 'answered' && outcome.level > 1)
    found.push(`Level ${outcome.level} had to decide: see why those before it did not answer.`);
  if (acknowledged !== null && outcome?.how === 'silence')
    found.push(`${escapeMarkdown(acknowledged.by)} acknowledged it but did not decide.`);
  if (repeated > 0) found.push(`The same cause came ${repeated + 1} times: it is worth removing.`);
  if (cause.task !== null && outcome?.decision === 'retry')
    found.push(`See whether task ${escapeMarkdown(cause.task)} passes now.`);
  return found.length === 0 ? ['None follows from what was recorded.'] : found;
}

function toDuration({ startedAt, outcome }: EscalationView): string {
  const ms = Date.parse(outcome?.endedAt ?? startedAt) - Date.parse(startedAt);
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
