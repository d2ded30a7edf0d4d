import type { QuestionKind } from '../../agent-question.ts';
import { didYouMean } from '../../nearest.ts';
import type { Finding } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import type { Mention } from '../outline.ts';
import type { RosterAgent } from '../roster-facts.ts';
import type { Rule } from './rule-context.ts';

/** Escalations reach their people by channels that there are; they and mediations ask only agents that answer them. Without a roster all pass. */
export const escalationRule: Rule = ({ outline, facts }) => {
  if (facts === null) return [];
  const { agents, channels } = facts;
  const findSilent = (names: readonly Mention[], kind: Asked): Finding[] =>
    names.flatMap((name) => agents.filter(({ id }) => id === name.id).flatMap((agent) => notAnswering(name, agent, kind)));
  return [
    ...outline.escalationLevels.flatMap(({ to, via }) => [
      ...via.flatMap((channel) => channelFindings(channel, channels)),
      ...findSilent(to, 'escalation'),
    ]),
    ...outline.toldMeanwhile.flatMap((channel) => channelFindings(channel, channels)),
    ...findSilent(outline.mediators, 'mediation'),
  ];
};

type Asked = Exclude<QuestionKind, 'offer'>;

/** @param channels Those that there are. */
export function channelFindings({ id, at }: Mention, channels: readonly string[]): Finding[] {
  if (channels.includes(id)) return [];
  const hint =
    didYouMean(id, channels) ??
    (channels.length === 0 ? 'the config has no channels' : `the config has ${channels.slice(0, 10).join(', ')}`);
  return [{ at, expected: 'the id of a channel', got: quote(id), message: `unknown channel ${quote(id)}`, hint }];
}

function notAnswering({ id, at }: Mention, { kind, answers = [] }: RosterAgent, asked: Asked): Finding[] {
  if (kind === 'human' || answers.includes(asked)) return [];
  const hint = `add "${asked}" to its answers in the config, or name a person`;
  return [
    {
      at,
      expected: `a person, or an agent that answers ${asked}s`,
      got: quote(id),
      message: `agent ${quote(id)} does not answer ${asked}s`,
      hint,
    },
  ];
}
