import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a run has left behind: its report, its ledger, its deliverables as they lie on disk, failed workflow tasks. */
export async function collectEvidence(client, executionId, folder) {
  const artifacts = join(folder, '.pact', 'artifacts', executionId);
  const report = JSON.parse(readFileSync(join(artifacts, 'report.json'), 'utf8'));
  const ledger = readFileSync(join(artifacts, 'ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const ids = [executionId, ...report.sprints.map(({ id }) => `${executionId}/sprint/${id}`)];
  const histories = (await Promise.all(ids.map((id) => fetchRuns(client, id)))).flat();
  return { report, ledger, runs: histories.length, failedWorkflowTasks: listFailedWorkflowTasks(histories) };
}

/** The histories of all runs of a workflow, newest first. */
async function fetchRuns(client, id) {
  const runs = [];
  for (let runId; ;) {
    const history = await client.workflow.getHandle(id, runId).fetchHistory().catch(noneIfNotFound);
    if (history === null) return runs;
    runs.push(history);
    runId = history.events[0].workflowExecutionStartedEventAttributes.continuedExecutionRunId || undefined;
    if (runId === undefined) return runs;
  }
}

/** A sprint that was skipped has no workflow. */
function noneIfNotFound(error) {
  const NOT_FOUND = 5;
  if (error.code === NOT_FOUND) return null;
  throw error;
}

function listFailedWorkflowTasks(histories) {
  const messages = histories.flatMap(({ events }) =>
    events.flatMap((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? []),
  );
  // Of workflow code only: one that a dead worker left behind times out, and one that met something new at the very end is done again.
  return messages.filter((message) => message !== 'UnhandledCommand');
}

/** Everything about a run that must hold, in words where it does not. `calm` is the run without kills, or null. */
export function findViolations(run, calm) {
  const { report, ledger, phase, failedWorkflowTasks } = run;
  const violations = [...run.violations];
  if (phase !== 'completed') violations.push(`the execution ended as ${phase}, expected completed`);
  for (const message of failedWorkflowTasks) violations.push(`a workflow task failed: ${message}`);
  violations.push(...checkLedger(ledger), ...report.tasks.flatMap((task) => checkTask(task, ledger)));
  if (calm === null) return violations;
  const expected = toEndState(calm.report);
  for (const [id, state] of Object.entries(toEndState(report))) {
    if (state !== expected[id]) violations.push(`task ${id} ended as ${state}, in the calm run as ${expected[id]}`);
  }
  return violations;
}

/** Each source numbers its entries 1, 2, 3 …: nothing is missing and nothing is there twice. */
function checkLedger(ledger) {
  const next = new Map();
  return ledger.flatMap(({ source, seq, event }) => {
    const expected = next.get(source) ?? 1;
    next.set(source, seq + 1);
    return seq === expected ? [] : [`the ledger has entry ${seq} (${event}) of ${source}, expected ${expected}`];
  });
}

function checkTask({ id, state, attempts, deliverables }, ledger) {
  const of = (event) => ledger.filter((entry) => entry.event === event && entry.data.task === id);
  const violations = [];
  if (state !== 'done') violations.push(`task ${id} is ${state}`);
  if (of('taskFinished').length !== 1) violations.push(`task ${id} has ${of('taskFinished').length} accepted outcomes`);
  if (attempts !== of('attemptFailed').length + 1)
    violations.push(`task ${id} had ${attempts} attempts, ${of('attemptFailed').length} of them failed or lost`);
  const unexpected = of('attemptFailed').filter(({ data }) => data.cause !== 'lost' && id !== 'build-5');
  for (const { text } of unexpected) violations.push(`task ${id} failed: ${text}`);
  if (deliverables.length !== 1) violations.push(`task ${id} has ${deliverables.length} deliverables`);
  for (const { uri, sha256 } of deliverables) {
    const found = createHash('sha256')
      .update(readFileSync(fileURLToPath(uri)))
      .digest('hex');
    if (found !== sha256) violations.push(`the deliverable of ${id} has the hash ${found}, expected ${sha256}`);
  }
  return violations;
}

const toEndState = ({ tasks }) =>
  Object.fromEntries(
    tasks.map(({ id, state, deliverables }) => [id, `${state} ${deliverables.map(({ sha256 }) => sha256).join(' ')}`]),
  );
