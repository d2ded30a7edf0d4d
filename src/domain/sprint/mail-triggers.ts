import { EVERYBODY, type AgentMessage } from '../agent-message.ts';
import type { Condition } from '../plan/plan.ts';
import type { Mail } from './mail.ts';
import type { Sprint } from './turn.ts';

type MessageCondition = Extract<Condition, { readonly message: string }>;

export const isMessageCondition = (condition: Condition): condition is MessageCondition => 'message' in condition;

export const messageConditionsIn = (condition: Condition): readonly MessageCondition[] => {
  if ('all' in condition) return condition.all.flatMap(messageConditionsIn);
  if ('any' in condition) return condition.any.flatMap(messageConditionsIn);
  return isMessageCondition(condition) ? [condition] : [];
};

/** Has such a message to the agent come? */
export const hasMatched = ({ state }: Sprint, agent: number, condition: MessageCondition): boolean =>
  state.mail?.matched.includes(keyOf(agent, condition)) ?? false;

/** Numbers of the triggers with conditions that a message to their agent, or to all, meets; from now on these conditions hold. */
export function matchTriggers(sprint: Sprint, from: string, { to, kind }: Pick<AgentMessage, 'to' | 'kind'>): readonly number[] {
  const { index, state } = sprint;
  return index.messageTriggers.filter((number) => {
    const { agent, when } = index.triggers[number] as (typeof index.triggers)[number];
    if (to !== EVERYBODY && index.agents[agent]?.id !== to) return false;
    const met = messageConditionsIn(when).filter((wanted) => wanted.message === kind && (wanted.from ?? from) === from);
    const { matched } = state.mail as Mail;
    for (const key of met.map((condition) => keyOf(agent, condition))) if (!matched.includes(key)) matched.push(key);
    return met.length > 0;
  });
}

const keyOf = (agent: number, { message, from }: MessageCondition): string => `${agent} ${message} ${from ?? '*'}`;
