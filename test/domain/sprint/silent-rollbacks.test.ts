import { expect, test } from 'vitest';
import type { EscalationOutcome } from '../../../src/domain/escalation/escalation.ts';
import { isFinal } from '../../../src/domain/sprint/state.ts';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const ENDED = { startedAt: START, endedAt: START };

/**
 * Every first attempt at `shaky` fails: a crisis, which the success of `good` has ended before. Nobody ever decides, everything can be undone, and
 * somebody resumes the sprint each time.
 */
function runInVain(rounds: number) {
  const run = runSprint({
    agents: [agent('w')],
    tasks: [task('good'), task('shaky', { budget: { timeMs: null, attempts: 2 }, dependsOn: ['good'] })],
    escalation: { levels: [{ to: ['ann'], via: [], withinMs: 60_000 }], otherwise: 'rollback' },
    quality: { failures: 1, withinMs: 60_000, measure: 'throttle' },
  });
  run.start();
  let seen = 0;
  const endProcedures = (): void => {
    const fresh = run.effects().slice(seen);
    seen += fresh.length;
    for (const effect of fresh) {
      if (effect.type !== 'startProcedure' || effect.kind === 'reallocation') continue;
      const { kind, n } = effect;
      const silence = { by: null, how: 'silence', note: null, data: null, level: 1, ...ENDED } as const;
      if (kind === 'rollback')
        run.happen({
          type: 'procedureEnded',
          kind,
          n,
          reason: null,
          outcome: { how: 'done', settled: 2, skipped: 0, ...ENDED },
        });
      else {
        const outcome: EscalationOutcome = { ...silence, decision: effect.input.policy.otherwise };
        run.happen({ type: 'procedureEnded', kind, n, reason: null, outcome });
      }
    }
  };
  for (let round = 0; round < rounds && !isFinal(run.state.phase); round += 1) {
    for (const id of run.atWork()) {
      if (run.cancelled().includes(`${id}#${run.runOf(id).attempt}`)) run.fail(id, { cause: 'stopped' });
      else if (id === 'shaky' && run.runOf(id).failures === 0) run.fail(id);
      else run.finish(id);
    }
    endProcedures();
    if (run.state.phase === 'paused' || run.state.phase === 'stopped') run.send('resume', { by: 'ann' });
  }
  return run;
}

test('silence rolls back three times at most for the same cause, then it pauses: a sprint in a crisis comes to an end', () => {
  const run = runInVain(100);
  expect(run.state.phase).toBe('completed');
  const ends = run
    .effects()
    .flatMap((effect) =>
      effect.type === 'startProcedure' && effect.kind === 'escalation'
        ? [`${effect.input.cause.key} ${effect.input.policy.otherwise}`]
        : [],
    );
  expect(ends).toEqual([...Array(3).fill('quality/core rollback'), 'quality/core hold']);
  expect(run.textsOf('rollbackWithheld')).toEqual([
    '"1 attempts have failed within 1m": silence has rolled the sprint back 3 times for it, in vain; from now on it pauses the sprint',
  ]);
  expect([run.textsOf('rollbackStarted').length, run.textsOf('paused').length]).toEqual([3, 1]);
});
