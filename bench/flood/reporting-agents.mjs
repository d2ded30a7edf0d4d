/** Time from 0 to 100 %: five points, which is news, in each of the sprint's routine reports. */
const WORK_MS = 300_000;

/**
 * Agents without processes: each reports its progress every second until it is stopped.
 * @returns `runner` takes the place of the product's runner of command agents; `block` and `unblock` make one say so at once.
 */
export function createReportingAgents() {
  const running = new Map();
  return {
    runner: { start: (run) => startAgent(run, running) },
    block: (taskId) => running.get(taskId).say('blocked', ['waits for a measurement']),
    unblock: (taskId) => running.get(taskId).say('working', []),
    /** How many are at work. */
    get count() {
      return running.size;
    },
    stop: () => [...running.values()].forEach(({ end }) => end()),
  };
}

function startAgent(run, running) {
  const { agent_id, task } = run.request;
  const startedAt = performance.now();
  const estimated_completion = new Date(Date.now() + WORK_MS).toISOString();
  let now = { status: 'working', blocking_issues: [] };
  const toStatus = () => ({
    agent_id,
    current_task: `${task.title}, step ${Math.round(performance.now() - startedAt)}`,
    progress_percentage: Math.min(99, ((performance.now() - startedAt) * 100) / WORK_MS),
    estimated_completion,
    next_coordination_point: null,
    outputs_ready: [],
    ...now,
  });
  const report = (urgent) => run.onStatus({ status: toStatus(), urgent, question: null });
  const timer = setInterval(() => report(false), 1_000);
  let end = () => undefined;
  const outcome = new Promise((resolve) => {
    end = () => {
      clearInterval(timer);
      running.delete(task.id);
      const failure = { cause: 'stopped', type: 'AgentError', message: 'stopped', retryable: true, exitCode: null, tail: '' };
      resolve({ ok: false, failure, lastStatus: toStatus(), durationMs: Math.round(performance.now() - startedAt) });
    };
  });
  run.signal.addEventListener('abort', end, { once: true });
  const say = (status, blocking_issues) => {
    now = { status, blocking_issues };
    report(true);
  };
  running.set(task.id, { say, end });
  return { outcome, send: () => false };
}
