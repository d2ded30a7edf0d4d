import { toIso } from '../iso-time.ts';
import type { EmergencyView } from '../views.ts';
import type { ExecutionState } from './state.ts';

/** Channels that do not carry what people are to be told: an emergency of the execution. Bounded by the channels that plan and config name. */
export interface ChannelBreakdowns {
  /** By id of the channel. */
  readonly open: Record<string, ChannelBreakdown>;
  /** The last that are over, newest last. */
  over: readonly EmergencyView[];
}

export interface ChannelBreakdown {
  /** Unix ms. */
  readonly since: number;
  readonly text: string;
  measures: readonly string[];
  /** It did not carry something that nobody was told of instead. */
  isUnheard?: true;
  /** Ids of the items that it was to ask about, where nobody was told instead. */
  missed: readonly string[];
  /** When they are told of again (Unix ms); null: there are none. */
  retryAt: number | null;
}

/** When channels are tried again (Unix ms). */
export const retryDeadlines = ({ breakdowns }: ExecutionState): number[] =>
  Object.values(breakdowns?.open ?? {}).flatMap(({ retryAt }) => retryAt ?? []);

/** What is under way, then the last that are over. */
export const toBreakdownViews = ({ breakdowns }: ExecutionState): EmergencyView[] =>
  breakdowns
    ? [
        ...Object.entries(breakdowns.open).map(([channel, known]) => toBreakdownView(channel, known, null)),
        ...breakdowns.over.toReversed(),
      ]
    : [];

export const toBreakdownView = (
  id: string,
  { since, text, measures }: ChannelBreakdown,
  endedAt: number | null,
): EmergencyView => ({
  kind: 'communicationBreakdown',
  id,
  sprint: null,
  since: toIso(since),
  endedAt: endedAt === null ? null : toIso(endedAt),
  text,
  measures,
});
