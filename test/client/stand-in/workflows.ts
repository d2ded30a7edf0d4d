import { ApplicationFailure, condition, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type {
  Accepted,
  AuthorizationView,
  DecisionView,
  ExecutionResult,
  InboxItem,
  Page,
  Phase,
  StatusView,
} from '../../../src/domain/views.ts';

/**
 * A scripted execution that keeps to the contract of messages and queries and does no work: awaits authorization by `ann`,
 * then a sign-off, then completes; `{fail: true}` in the plan fails it, `stop` ends it as stopped until resumed.
 */
export async function execution({
  plan,
}: {
  plan: { project: { name: string }; fail?: boolean; report?: string };
}): Promise<ExecutionResult> {
  const executionId = workflowInfo().workflowId;
  const decisions: DecisionView[] = [];
  let phase: Phase = 'awaitingAuthorization';
  let inbox: InboxItem[] = [];
  let isSignedOff = false;
  const report = plan.report === undefined ? null : { uri: plan.report, sha256: 'ab'.repeat(32) };

  const decide = (event: string, text: string): void =>
    void decisions.push({ at: new Date().toISOString(), event, text, data: {} });
  const accepted = (): Accepted => ({ accepted: true, phase, note: null });
  const refuse = (type: string, message: string): never => {
    throw ApplicationFailure.nonRetryable(message, type);
  };

  setHandler(defineQuery<StatusView>('status'), () => toStatus(executionId, plan.project.name, phase, inbox));
  setHandler(defineQuery<AuthorizationView>('authorization'), () => toAuthorization(phase));
  setHandler(defineQuery<readonly InboxItem[]>('inbox'), () => inbox);
  setHandler(defineQuery('report'), () => (phase === 'completed' ? report : null));
  setHandler(defineQuery<Page<DecisionView>, [{ offset?: number }]>('decisions'), ({ offset = 0 }) => ({
    items: decisions.slice(offset, offset + 2),
    total: decisions.length,
    nextOffset: offset + 2 < decisions.length ? offset + 2 : null,
  }));
  setHandler(
    defineUpdate<Accepted, [{ by: string; decision: string; planHash?: string }]>('authorize'),
    ({ by, decision, planHash }) => {
      if (phase !== 'awaitingAuthorization') return refuse('AlreadyDecided', 'it has been decided');
      if (by !== 'ann') return refuse('NotAnApprover', `${by} is not an approver: expected ann`);
      if (planHash !== HASH) return refuse('WrongHash', `expected ${HASH}, got ${String(planHash)}`);
      phase = decision === 'approve' ? 'running' : 'rejected';
      decide('authorized', `authorized by ${by}`);
      inbox = phase === 'running' ? [SIGN_OFF] : [];
      return accepted();
    },
  );
  setHandler(defineUpdate<Accepted, [{ itemId: string; decision: string }]>('respond'), ({ itemId, decision }) => {
    if (inbox.every((item) => item.itemId !== itemId)) return refuse('UnknownItem', `no item ${itemId}`);
    inbox = [];
    isSignedOff = true;
    decide('responded', `sign-off: ${decision}`);
    return accepted();
  });
  const stop = (): void => void (phase = 'stopped');
  setHandler(defineUpdate<Accepted, [object]>('emergencyStop'), () => (stop(), accepted()));
  setHandler(defineSignal<[object]>('emergencyStop'), stop);
  setHandler(defineUpdate<Accepted, [object]>('resume'), () => ((phase = 'running'), accepted()));
  setHandler(defineUpdate<Accepted, [object]>('pause'), () => ((phase = 'paused'), accepted()));

  upsertSearchAttributes({ PactPhase: [phase], PactProject: [plan.project.name], PactNeedsPerson: [true] });
  const isRejected = (): boolean => phase === 'rejected';
  await condition(() => isRejected() || (isSignedOff && phase === 'running'));
  if (isRejected()) return { executionId, phase, planHash: HASH, report: null, summary: 'rejected by ann' };
  phase = plan.fail === true ? 'failed' : 'completed';
  const result: ExecutionResult = { executionId, phase, planHash: HASH, report, summary: `${phase} after all` };
  if (phase === 'failed') throw ApplicationFailure.nonRetryable('one task failed', 'PlanFailed', result);
  return result;
}

const HASH = 'c0ffee'.repeat(10) + 'beef';

const SIGN_OFF: InboxItem = {
  itemId: 'sign-off#1',
  kind: 'humanTask',
  title: 'Sign off',
  question: 'Is it right?',
  options: ['reject', 'approve'],
  people: ['ann'],
  since: '2026-12-01T10:00:00Z',
  deadline: '2036-12-01T10:00:00Z',
  otherwise: 'fail',
  sprint: 's',
  task: 'sign-off',
};

const COUNTS = { total: 2, waiting: 1, running: 0, blocked: 0, done: 1, failed: 0, cancelled: 0, skipped: 0 };

function toStatus(executionId: string, project: string, phase: Phase, inbox: InboxItem[]): StatusView {
  return {
    executionId,
    project,
    phase,
    reason: null,
    planHash: HASH,
    progressPercentage: 50,
    forecastCompletion: null,
    sprints: [],
    tasks: COUNTS,
    agents: [],
    alerts: [],
    inbox,
    coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: null },
  };
}

function toAuthorization(phase: Phase): AuthorizationView {
  return {
    phase,
    planHash: HASH,
    required: 1,
    approvers: ['ann'],
    approvals: [],
    rejection: null,
    refusals: [],
    expiresAt: null,
    review: '# Plan to review',
    readiness: [{ name: 'x', ok: true, detail: 'y' }],
    report: null,
    checklist: { planReviewed: false, explicitPermission: false, documented: false, emergencyStopActive: true },
  };
}
