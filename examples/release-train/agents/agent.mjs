// The agent's side of PACT's protocol, version 1: a request line on stdin; status lines and one result or error line on stdout.
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** A failure to report: `retryable` says whether another attempt may do better. */
export class AgentError extends Error {
  constructor(message, { type = 'AgentError', retryable = false } = {}) {
    super(message);
    Object.assign(this, { type, retryable });
  }
}

const say = (kind, fields) => process.stdout.write(`${JSON.stringify({ pact: kind, ...fields })}\n`);

/** What a job gets: the task's input, files of earlier tasks by deliverable, places for its own, and a way to tell progress. */
function toJob(request) {
  const { task, inputs, workspace } = request;
  return {
    request,
    input: task.input,
    /** Absolute path of a deliverable that this task depends on. */
    received(id) {
      const input = inputs.find((each) => each.deliverable === id);
      if (input === undefined) throw new AgentError(`task ${task.id} needs deliverable ${id} of another; see its dependsOn`);
      return input.path;
    },
    /** Absolute path for a deliverable that the plan declares; its parent folder exists. */
    delivers(id) {
      const declared = task.deliverables.find((each) => each.id === id);
      if (declared === undefined) throw new AgentError(`task ${task.id} declares no deliverable ${id}; see its deliverables`);
      const path = resolve(workspace, declared.path);
      mkdirSync(dirname(path), { recursive: true });
      return path;
    },
    /** Call the returned function when each of `total` steps begins; progress is the share of steps behind it. */
    steps(total) {
      let begun = 0;
      return (name) =>
        say('status', { status: 'working', current_task: name, progress_percentage: Math.round((100 * begun++) / total) });
    },
  };
}

/** Does the job that the request names: `input.job`, else the task's id. A job returns a summary, or `{summary, notes}`. */
export async function perform(jobs) {
  try {
    const request = JSON.parse((await text(process.stdin)).split('\n', 1)[0]);
    const name = request.task.input.job ?? request.task.id;
    if (!Object.hasOwn(jobs, name)) throw new AgentError(`no such job: ${name}; this agent does ${Object.keys(jobs).join(', ')}`);
    const result = await jobs[name](toJob(request));
    const outputs_ready = request.task.deliverables.map((each) => each.id);
    say('status', { status: 'completed', progress_percentage: 100, outputs_ready });
    say('result', typeof result === 'string' ? { summary: result } : result);
  } catch (error) {
    console.error(error.stack);
    say('error', { type: error.type ?? 'AgentError', message: error.message, retryable: error.retryable ?? false });
    process.exitCode = 1;
  }
}
