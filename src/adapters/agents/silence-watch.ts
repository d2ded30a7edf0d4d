import type { AgentRun } from './agent-runner.ts';
import type { AgentSupervisor } from './agent-supervisor.ts';

/** A supervisor that also notices when the agent says nothing although it lives, which does not end it. */
export interface SilenceWatch extends AgentSupervisor {
  /** What a report says of that; nothing where nobody asked. */
  told(): { readonly silent?: boolean };
}

const LONGEST_LOOK_MS = 1_000;

/** @param onChange It has become silent, or has said something again. */
export function watchSilence(supervisor: AgentSupervisor, run: AgentRun, onChange: () => void): SilenceWatch {
  const { silentForMs } = run;
  if (silentForMs === undefined) return { ...supervisor, told: () => ({}) };
  let isSilent = false;
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    const { silentMs, waitsForAnswer } = supervisor.watched();
    const wasSilent = isSilent;
    isSilent = !waitsForAnswer && silentMs >= silentForMs;
    if (isSilent !== wasSilent) onChange();
  };
  const rest = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const goOn = (): void => {
    timer ??= setInterval(look, Math.max(20, Math.min(LONGEST_LOOK_MS, silentForMs / 4)));
  };
  return {
    ...supervisor,
    start: () => (supervisor.start(), goOn()),
    pause: () => (rest(), supervisor.pause()),
    resume: () => (supervisor.resume(), goOn()),
    stop: () => (rest(), supervisor.stop()),
    told: () => ({ silent: isSilent }),
  };
}
