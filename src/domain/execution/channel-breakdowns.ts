import { clip } from '../clip.ts';
import type { EscalationCause } from '../escalation/escalation.ts';
import type { ChannelResult } from '../notices/notice.ts';
import { toBreakdownView, type ChannelBreakdown, type ChannelBreakdowns } from './breakdown-state.ts';
import { chainOf, escalationsOf } from './escalation-state.ts';
import { startOwnEscalation, withdrawCause } from './escalations.ts';
import { ownValue } from '../own-value.ts';
import { allItems } from './inbox.ts';
import { tellItem } from './notices.ts';
import { closeOwnAlert, openOwnAlert } from './own-alerts.ts';
import { decide, type ExecutionTurn } from './turn.ts';

const MAX_DETAIL = 400;
const MAX_OVER = 20;
const MAX_MISSED = 100;
/** It is tried again after as long as it has not worked, within these. */
const FIRST_RETRY_MS = 300_000;
const LONGEST_RETRY_MS = 3_600_000;

const alertIdOf = (channel: string): string => `channel/${channel}`;

/** How the channels took it: one that fails has broken down until it works again, whoever stands in for it. */
export function takeChannelResults(turn: ExecutionTurn, results: readonly ChannelResult[]): void {
  turn.state.outbox.isSending = false;
  for (const result of results) {
    if (result.ok) recover(turn, result.channel);
    else breakDown(turn, result, results.find((one) => one.insteadOf === result.channel && one.ok)?.channel ?? null);
  }
}

function breakDown(turn: ExecutionTurn, { channel, detail, what }: ChannelResult, insteadBy: string | null): void {
  const { state } = turn;
  const { open } = (state.breakdowns ??= { open: {}, over: [] });
  const known = ownValue(open, channel) ?? begin(turn, open, { channel, detail, title: what?.title ?? 'a notice', insteadBy });
  if (insteadBy !== null) return;
  known.isUnheard = true;
  known.missed = [...new Set([...known.missed, ...(what?.items ?? [])])].slice(-MAX_MISSED);
  known.retryAt ??= known.missed.length === 0 ? null : nextRetry(known, state.now);
  escalate(turn, channel, known);
}

function begin(
  turn: ExecutionTurn,
  open: ChannelBreakdowns['open'],
  { channel, detail, title, insteadBy }: { channel: string; detail: string; title: string; insteadBy: string | null },
): ChannelBreakdown {
  const text = `channel ${channel} failed to carry "${clip(title, MAX_DETAIL)}": ${clip(detail, MAX_DETAIL)}`;
  const measure = insteadBy === null ? 'nobody was told instead' : `${insteadBy} was told instead`;
  const begun = { since: turn.state.now, text, measures: [measure], missed: [], retryAt: null };
  open[channel] = begun;
  openOwnAlert(turn, { id: alertIdOf(channel), kind: 'communication', text: `${text}; ${measure}` });
  decide(turn, 'channelFailed', `${text}; ${measure}`, { channel, insteadBy, what: clip(title, MAX_DETAIL) });
  return begun;
}

/** From the authorization on there is a chain to ask: what nobody has heard of before that is put before it. */
export function escalateEarlierBreakdowns(turn: ExecutionTurn): void {
  for (const [channel, known] of Object.entries(turn.state.breakdowns?.open ?? {})) {
    const hasNotice = turn.state.alerts.some(({ id, acknowledged }) => id === alertIdOf(channel) && acknowledged);
    if (known.isUnheard && !hasNotice) escalate(turn, channel, known);
  }
}

/** Nobody has heard of it: people are asked at once, and not once more because of the alert. */
function escalate(turn: ExecutionTurn, channel: string, { text, measures }: ChannelBreakdown): void {
  if (!chainOf(turn.state)) return;
  const id = alertIdOf(channel);
  const { clocks } = escalationsOf(turn.state);
  if (clocks[id] === null) return;
  clocks[id] = null;
  const cause: EscalationCause = {
    key: id,
    kind: 'communicationBreakdown',
    severity: 'high',
    title: `channel ${channel} does not work`,
    text,
    task: null,
    agent_id: null,
    evidence: { channel },
    measures,
  };
  startOwnEscalation(turn, cause);
}

function recover(turn: ExecutionTurn, channel: string): void {
  const { state } = turn;
  const known = state.breakdowns && ownValue(state.breakdowns.open, channel);
  if (!state.breakdowns || !known) return;
  delete state.breakdowns.open[channel];
  state.breakdowns.over = [...state.breakdowns.over, toBreakdownView(channel, known, state.now)].slice(-MAX_OVER);
  closeOwnAlert(state, alertIdOf(channel));
  const text = `channel ${channel} works again`;
  decide(turn, 'channelRecovered', text, { channel });
  withdrawCause(turn, alertIdOf(channel), text);
  tellMissed(turn, channel, known);
}

/** What it was to ask about and is still open; the channel itself says whether it works again. */
export function retryChannels(turn: ExecutionTurn): void {
  const { breakdowns, now } = turn.state;
  for (const [channel, known] of Object.entries(breakdowns?.open ?? {})) {
    if (known.retryAt === null || known.retryAt > now) continue;
    known.retryAt = tellMissed(turn, channel, known) ? nextRetry(known, now) : null;
  }
}

const nextRetry = ({ since }: ChannelBreakdown, now: number): number =>
  now + Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, now - since));

/** Answers whether there was something. */
function tellMissed(turn: ExecutionTurn, channel: string, { missed }: ChannelBreakdown): boolean {
  const items = missed.length === 0 ? [] : allItems(turn.state).filter(({ itemId }) => missed.includes(itemId));
  for (const item of items) tellItem(turn, { ...item, via: [channel] });
  return items.length > 0;
}
