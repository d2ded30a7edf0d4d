import { describe, expect, it } from 'vitest';
import { additionsOf, describeUnready, isCovered, type Additions } from '../../../src/domain/execution/amendments/additions.ts';
import { toAmendmentAnswer } from '../../../src/domain/execution/amendments/amendment-view.ts';
import { toExecutionEvent } from '../../../src/domain/execution/commands.ts';
import { toAuthorizationView } from '../../../src/domain/execution/view.ts';
import type { Prepared, ReadinessItem } from '../../../src/domain/prepared.ts';
import { addTask, runAmendable } from './amendment-run.ts';

function draft(run: ReturnType<typeof runAmendable>, changes: readonly object[]) {
  const event = toExecutionEvent(run.state, 'amendPlan', { by: 'ann', changes }, run.state.now);
  if (!event.ok || event.value.type !== 'amended') throw new Error(JSON.stringify(event));
  return event.value;
}

const meanwhile = [{ hold: true }, { notify: ['ops'] }];
const escalation = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop', meanwhile };
const NEW_THINGS = [
  { addAgent: { sprint: 'core', agent: 'tester' } },
  addTask('core', 'more', { checks: ['unit-tests'], resources: [{ id: 'rig', mode: 'exclusive' }], escalation }),
];
const watched = { queue: 'q', targets: [{ kind: 'resource' as const, id: 'rig', digest: 'd' }] };

describe('what an amendment brings in', () => {
  const run = runAmendable({ spare: { watched } });
  const before = (): Prepared['resolved'] => (run.state.prepared as Prepared).resolved;

  it('is nothing where it uses what the plan uses already', () => {
    expect(additionsOf(before(), draft(run, [addTask('core', 'docs')]).revision.resolved)).toBeNull();
  });

  it('is every agent, check, watched resource and channel that the plan did not use', () => {
    const additions = additionsOf(before(), draft(run, NEW_THINGS).revision.resolved) as Additions;
    expect(additions).toEqual({
      agents: [{ id: 'tester', kind: 'command', queue: 'pact-agents', digest: 'e'.repeat(64) }],
      checks: [{ id: 'unit-tests', digest: 'f'.repeat(64) }],
      targets: watched.targets,
      channels: ['ops'],
    });
    expect(isCovered(additions, additions)).toBe(true);
    expect(isCovered(additions, { ...additions, channels: [] })).toBe(false);
    expect(isCovered({ ...additions, agents: [] }, additions)).toBe(true);
  });

  it('is described by what is not ready', () => {
    const item = (name: string, ok: boolean): ReadinessItem => ({ name, ok, detail: 'no file' });
    expect(describeUnready([item('agent a: program', true)])).toBeNull();
    expect(describeUnready([item('agent a: program', true), item('check c: program', false)])).toBe(
      'what the amendment brings in is not ready: check c: program: no file. Mend this and send it again',
    );
    expect(describeUnready(Array.from({ length: 30 }, (_, n) => item(`${n}`, false)))).toContain('; and 10 more. Mend');
  });

  it('is shown as ready in the answer, in the review, and once it is in force with the rest', () => {
    const { revision, ...event } = draft(run, NEW_THINGS);
    const readiness = [{ name: 'agent tester: program', ok: true, detail: '/usr/bin/node' }];
    const tested = { ...revision, readiness };
    expect(toAmendmentAnswer(run.state, tested, true).readiness).toEqual(readiness);
    run.happen({ ...event, revision: tested });
    const names = () => toAuthorizationView(run.state).readiness.map(({ name }) => name);
    expect(toAuthorizationView(run.state).review).toContain('agent tester: program');
    expect(names()).toEqual(['emergency stop', 'agent tester: program']);
    expect(run.state.prepared?.readiness).toHaveLength(1);
    run.decide('ann');
    run.happen({ type: 'documented' });
    expect(run.state.prepared?.readiness.map(({ name }) => name)).toEqual(names());
  });
});
