import { describe, expect, it } from 'vitest';
import { toAuthorizationView } from '../../../src/domain/execution/view.ts';
import { approval, DAY, runExecution, type GivenPlan } from './execution-run.ts';

const plan: GivenPlan = { sprints: { core: null } };
const two: GivenPlan = { ...plan, authorization: { required: 2 } };

describe('authorization: the four verifications', () => {
  const refused: readonly (readonly [title: string, body: object, expected: RegExp])[] = [
    ['an approval without the hash', approval('ann', { planHash: undefined }), /^InvalidMessage: planHash/],
    ['an approval of another plan', approval('ann', { planHash: 'b'.repeat(64) }), /^WrongHash: expected a+, got "b+"/],
    [
      'an approval without the word that the plan was reviewed',
      approval('ann', { reviewed: false }),
      /^InvalidMessage: reviewed/,
    ],
    [
      'an approval by someone who does not know how to stop it',
      approval('ann', { emergencyStopUnderstood: undefined }),
      /^InvalidMessage: emergencyStop/,
    ],
    ['an approval by someone who is no approver', approval('mallory'), /^NotAnApprover: "mallory".*ann, bo, cy/],
    ['a rejection by someone who is no approver', { by: 'mallory', decision: 'reject' }, /^NotAnApprover/],
    ['a decision that is neither', approval('ann', { decision: 'maybe' }), /^InvalidMessage: decision/],
    ['no object', [] as object, /^InvalidMessage/],
  ];
  it.each(refused)('%s is refused and nothing starts', (_title, body, expected) => {
    const run = runExecution(plan);
    expect(run.send('authorize', body)).toMatch(expected);
    run.happen({ type: 'documented' });
    expect([run.state.phase, run.started(), run.state.authorization.approvals]).toEqual(['awaitingAuthorization', [], []]);
  });

  it('a plan that is not ready cannot be approved, but rejected', () => {
    const run = runExecution({ ...plan, readiness: [{ name: 'builder', ok: false, detail: 'no such program' }] });
    expect(run.send('authorize', approval('ann'))).toMatch(/^NotAllowedInPhase: not ready: builder: no such program/);
    expect(toAuthorizationView(run.state).checklist.emergencyStopActive).toBe(false);
    expect(run.send('authorize', { by: 'ann', decision: 'reject' })).toBe('accepted');
    expect(run.state.phase).toBe('rejected');
  });

  it('nothing starts before the approval is written down', () => {
    const run = runExecution(plan);
    expect(run.send('authorize', approval('ann'))).toBe('accepted');
    expect([run.state.phase, run.started(), run.effects().at(-1)]).toEqual(['awaitingAuthorization', [], { type: 'document' }]);
    expect(toAuthorizationView(run.state).checklist).toMatchObject({ explicitPermission: true, documented: false });
    run.happen({ type: 'documented' });
    expect([run.state.phase, run.started()]).toEqual(['running', ['core']]);
  });

  it('before the plan is prepared there is nothing to authorize', () => {
    const run = runExecution();
    expect(run.send('authorize', approval('ann'))).toMatch(/^NotAllowedInPhase: the plan is still being prepared/);
    expect(toAuthorizationView(run.state)).toMatchObject({
      planHash: null,
      required: 1,
      approvers: 'anyone',
      expiresAt: null,
      checklist: { emergencyStopActive: false },
    });
  });
});

describe('authorization: quorum', () => {
  it('two of two are two people', () => {
    const run = runExecution(two);
    expect(run.send('authorize', approval('ann'))).toBe('accepted');
    expect(run.send('authorize', approval('ann'))).toMatch(/^AlreadyDecided: "ann" has approved already; 2 distinct/);
    expect(run.send('authorize', approval(' ann '))).toMatch(/^AlreadyDecided/);
    expect(run.state.authorization.granted).toBe(false);
    expect(run.send('authorize', approval('bo', { note: 'fine' }))).toBe('accepted');
    expect(toAuthorizationView(run.state).approvals).toMatchObject([
      { by: 'ann', note: null },
      { by: 'bo', note: 'fine' },
    ]);
    expect(run.send('authorize', approval('cy'))).toMatch(/^AlreadyDecided: the authorization has been decided/);
  });

  it('the same approval twice, unchecked, counts once', () => {
    const run = runExecution(two);
    const event = { type: 'authorizationDecided', by: 'ann', decision: 'approve' } as const;
    run.happen(event);
    run.happen(event);
    expect(run.state.authorization.approvals).toHaveLength(1);
  });

  it('a decision that comes unchecked when all is decided changes nothing', () => {
    const run = runExecution(plan);
    run.authorize();
    run.happen({ type: 'authorizationDecided', by: 'bo', decision: 'reject' });
    expect([run.state.phase, run.state.authorization.rejection]).toEqual(['running', null]);
  });

  it('whoever has approved may still reject while others are waited for', () => {
    const run = runExecution(two);
    run.send('authorize', approval('ann'));
    expect(run.send('authorize', { by: 'ann', decision: 'reject', note: 'I was wrong' })).toBe('accepted');
    expect([run.state.phase, run.state.reason]).toEqual(['rejected', 'rejected by ann: I was wrong']);
    expect(run.send('authorize', approval('bo'))).toMatch(/^AlreadyDecided/);
  });

  it('anyone may approve where the policy says so', () => {
    const run = runExecution({ ...plan, authorization: { mode: 'anyone', approvers: [] } });
    expect(toAuthorizationView(run.state).approvers).toBe('anyone');
    expect(run.send('authorize', approval('somebody'))).toBe('accepted');
  });
});

describe('authorization: expiry', () => {
  it('silence ends in a rejection that says so', () => {
    const run = runExecution(plan);
    run.wake();
    expect(run.state).toMatchObject({ phase: 'rejected', reason: expect.stringMatching(/^expired/), endedAt: run.now() });
    expect(run.events()).toContain('nobodyAnswered');
    expect(run.send('authorize', approval('ann'))).toMatch(/^Expired/);
  });

  it('an approval that comes before the timer but after the deadline is too late', () => {
    const run = runExecution(plan);
    run.elapse(DAY);
    expect(run.send('authorize', approval('ann'))).toMatch(/^Expired: the time to authorize ended at 2026-12-02/);
  });

  it('an emergency stop that comes after the deadline does not bring it back', () => {
    const run = runExecution(plan);
    run.elapse(DAY + 1);
    run.send('emergencyStop', {});
    expect([run.state.phase, run.state.inbox]).toEqual(['rejected', {}]);
  });

  it('a quorum that is being written down when the execution is stopped and resumed does not expire', () => {
    const run = runExecution(plan);
    run.send('authorize', approval('ann'));
    run.send('emergencyStop', { by: 'bo' });
    expect(run.send('authorize', approval('bo'))).toMatch(/^AlreadyDecided/);
    run.send('resume', { by: 'bo' });
    expect([run.state.phase, run.state.inbox]).toEqual(['awaitingAuthorization', {}]);
    run.happen({ type: 'documented' });
    run.passTime(2 * DAY);
    expect([run.state.phase, run.started()]).toEqual(['running', ['core']]);
  });
});

describe('authorization: refusals', () => {
  it('the last 50 are kept with who and why, and their bodies in the ledger alone', () => {
    const run = runExecution(plan);
    for (let n = 0; n < 1_000; n += 1) {
      const refusal = { type: 'WrongHash', message: `${n} ${'x'.repeat(5_000)}` } as const;
      run.happen({
        type: 'messageRefused',
        name: n % 2 ? 'authorize' : 'pause',
        by: n % 3 ? 'ann' : null,
        refusal,
        body: { excerpt: 'x'.repeat(1_024) },
      });
    }
    expect(run.state.authorization.refusals).toHaveLength(50);
    expect(run.state.authorization.refusals.at(-1)).toMatchObject({
      type: 'WrongHash',
      by: null,
      message: expect.stringMatching(/^999 x+…$/),
    });
    expect(run.state.decisions).toHaveLength(500);
    expect(JSON.stringify(run.state.decisions)).not.toContain('excerpt');
    expect(run.effects().at(-1)).toMatchObject({ event: 'messageRefused', data: { body: { excerpt: expect.any(String) } } });
    expect(JSON.stringify(run.state).length).toBeLessThan(400_000);
  });

  it('in other phases the answer names the phase', () => {
    const run = runExecution(plan);
    run.send('emergencyStop', null);
    expect(run.send('authorize', approval('ann'))).toMatch(
      /^NotAllowedInPhase: authorize is not possible while stopped; resume first/,
    );
    run.happen({ type: 'cancelRequested' });
    expect(run.send('authorize', approval('ann'))).toMatch(/^NotAllowedInPhase: .*ended \(cancelled\)/);
    run.happen({
      type: 'messageRefused',
      name: 'authorize',
      by: 'ann',
      refusal: { type: 'NotAllowedInPhase', message: 'late' },
      body: {},
    });
    expect(run.state.authorization.refusals.at(-1)?.message).toBe('late');
  });
});
