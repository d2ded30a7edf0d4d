import type { Phase } from '../../domain/views.ts';
import type { Paint } from './paint.ts';

const PHASES: Readonly<Record<Phase, { readonly text: string; readonly colour: keyof Paint }>> = {
  preparing: { text: 'preparing', colour: 'cyan' },
  awaitingAuthorization: { text: 'awaiting authorization', colour: 'yellow' },
  running: { text: 'running', colour: 'cyan' },
  paused: { text: 'paused', colour: 'yellow' },
  stopping: { text: 'stopping', colour: 'yellow' },
  stopped: { text: 'stopped', colour: 'yellow' },
  rollingBack: { text: 'rolling back', colour: 'yellow' },
  completed: { text: 'completed', colour: 'green' },
  failed: { text: 'failed', colour: 'red' },
  rejected: { text: 'rejected', colour: 'red' },
  cancelled: { text: 'cancelled', colour: 'red' },
};

/** Phase in words. */
export const phaseText = (phase: Phase | 'waiting' | null): string =>
  phase === null ? 'unknown' : phase === 'waiting' ? 'waiting' : PHASES[phase].text;

export const paintPhase = (phase: Phase, paint: Paint): string => paint[PHASES[phase].colour](PHASES[phase].text);
