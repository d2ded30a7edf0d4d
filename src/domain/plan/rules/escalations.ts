import { didYouMean } from '../../nearest.ts';
import type { Finding } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import type { Mention } from '../outline.ts';
import type { RosterAgent } from '../roster-facts.ts';
import type { Rule } from './rule-context.ts';

/** Escalations reach their people by channels that there are, and ask only agents that answer them. Without a roster all pass. */
export const escalationRule: Rule = ({ outline, facts }) => {
  if (facts === null) return [];
  const { agents, channels } = facts;
  return outline.escalationLevels.flatMap(({ to, via }) => [
    ...via.filter(({ id }) => !channels.includes(id)).map((channel) => unknownChannel(channel, channels)),
    ...to.flatMap((name) => agents.filter((agent) => agent.id === name.id).flatMap((agent) => notAnswering(name, agent))),
  ]);
};

export const unknownChannel = ({ id, at }: Mention, channels: readonly string[]): Finding => ({
  at,
  expected: 'the id of a channel',
  got: quote(id),
  message: `unknown channel ${quote(id)}`,
  hint:
    didYouMean(id, channels) ??
    (channels.length === 0 ? 'the config has no channels' : `the config has ${channels.slice(0, 10).join(', ')}`),
});

function notAnswering({ id, at }: Mention, { kind, answers = [] }: RosterAgent): Finding[] {
  if (kind === 'human' || answers.includes('escalation')) return [];
  const hint = `add "escalation" to its answers in the config, or name a person`;
  return [
    {
      at,
      expected: 'a person, or an agent that answers escalations',
      got: quote(id),
      message: `agent ${quote(id)} does not answer escalations`,
      hint,
    },
  ];
}
