// An agent that does what its task's input says, step by step: {steps: [{…}]}. For tests of the engine.
// Steps: {status: {...}} reports; {write: path, text} writes a file; {waitMs} works on; {hang: true} goes silent for ever;
// {ignoreTerm: true}; {child: 'group'|'session'} leaves a child that ignores TERM; {error: {...}} reports an error; {exit: code};
// {failUntilAttempt: n} fails attempts before n; {log: text}; {ask: {id, text, options}} waits for the answer and writes it to answer.txt;
// {copy: from, to} copies a file; {until: path} works until the file is there.
// {note: file} appends a line "task attempt"; {combine: path} writes the digests of its inputs;
// {pace: {everyMs, totalMs, upTo?}} reports progress as time passes, with the moment (Unix ms) of each report as its current task.
// {send: {...}, times?} says a message (`#` in its body is the count); {hear: n, file} waits for n messages and writes all heard so far, with
// the time (Unix ms) of each, {kept: file} writes those in its request; {reply: body} answers the last one heard.
// {spend: {tokens?, cost?, everyMs, times}} reports usage, that much more each time.
// A step with `attempt: n` is taken in attempt n only, one with `agent: id` by that agent only.
// {acknowledge: true} the handover; {keepHandover: path} writes it there, with its files; {jot: text} notes it for whoever comes after;
// {onTerm: [steps]} takes these steps at TERM and ends; {finish: summary, outputs?} gives the result at once; {wrapUp: [steps]} takes these steps when it is told to wrap up, and ends. An offer is answered as OFFER in its environment says, in JSON.
// With AGENT_JOURNAL in its environment it appends a line at its start and at its end there, with its request; see agent-journal.ts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const lines = createInterface({ input: process.stdin });
const iterator = lines[Symbol.asyncIterator]();
const request = JSON.parse((await iterator.next()).value);
const used = { tokens: 0, cost: 0 };
const note = (event) => {
  if (!process.env.AGENT_JOURNAL) return;
  appendFileSync(
    process.env.AGENT_JOURNAL,
    `${JSON.stringify({ event, at: Date.now(), pid: process.pid, used: { ...used }, request })}\n`,
  );
};
note('start');
if (request.question) {
  const { afterMs = 0, ...answer } = JSON.parse(process.env.OFFER ?? '{"decision":"accept"}');
  setTimeout(() => {
    say({ pact: 'answer', ...answer });
    process.exit(0);
  }, afterMs);
  await new Promise(() => {});
}
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const heard = [];
async function hear(count) {
  while (heard.length < count) {
    const next = await iterator.next();
    if (next.done) throw new Error(`input ended after ${heard.length} messages`);
    const line = JSON.parse(next.value);
    if (line.pact === 'message') heard.push({ ...line, heardAt: Date.now() });
  }
}

async function ask(question) {
  say({ pact: 'question', ...question });
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const line = JSON.parse(next.value);
    if (line.pact === 'answer' && line.id === question.id) return line;
  }
  throw new Error('input ended without an answer');
}

const actions = {
  status: (status) => say({ pact: 'status', status: 'working', ...status }),
  write: (path, { text = `${request.task.id}\n` }) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  },
  waitMs: (ms) => pause(ms),
  log: (text) => process.stdout.write(`${text}\n`),
  send: (message, { times = 1 }) => {
    for (let count = 1; count <= times; count += 1) {
      const body = typeof message.body === 'string' ? message.body.replace('#', String(count)) : message.body;
      say({ pact: 'message', ...message, ...(body === undefined ? {} : { body }) });
    }
  },
  hear: async (count, { file }) => {
    await hear(count);
    if (file) actions.write(file, { text: JSON.stringify(heard) });
  },
  kept: (file) => actions.write(file, { text: JSON.stringify(request.messages ?? null) }),
  reply: (body) => say({ pact: 'message', kind: 'response', priority: 'urgent', inReplyTo: heard.at(-1).id, body }),
  hang: () => new Promise(() => setInterval(() => {}, 1_000_000)),
  ignoreTerm: () => void process.on('SIGTERM', () => {}),
  child: (kind) => {
    const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
    spawn(process.execPath, ['-e', stubborn], { detached: kind === 'session', stdio: 'ignore' }).unref();
  },
  error: (error) => say({ pact: 'error', type: 'Scripted', message: 'scripted error', retryable: true, ...error }),
  exit: (code) => process.exit(code),
  failUntilAttempt: (attempt) => {
    if (request.attempt >= attempt) return;
    say({ pact: 'error', type: 'NotYet', message: `attempt ${request.attempt} fails as told`, retryable: true });
    process.exit(1);
  },
  copy: (from, { to }) => copyFileSync(from, to),
  until: async (path) => {
    while (!existsSync(path)) await pause(20);
  },
  note: (file) => appendFileSync(file, `${request.task.id} ${request.attempt}\n`),
  combine: (path) => {
    const digests = request.inputs.map(({ task, path: file }) => `${task} ${sha256(file)}`);
    actions.write(path, { text: `${[request.task.id, ...digests.toSorted()].join('\n')}\n` });
  },
  pace: async ({ everyMs, totalMs, upTo = 100 }) => {
    const startedAt = Date.now();
    for (let progress = 0; progress < upTo;) {
      progress = Math.min(upTo, ((Date.now() - startedAt) * 100) / totalMs);
      actions.status({ progress_percentage: progress, current_task: String(Date.now()) });
      await pause(everyMs);
    }
  },
  spend: async ({ tokens = 0, cost = 0, everyMs = 50, times }) => {
    for (let count = 1; count <= times; count += 1) {
      used.tokens += tokens;
      used.cost += cost;
      note('spend');
      actions.status({ progress_percentage: 10, usage: { ...used } });
      await pause(everyMs);
    }
  },
  acknowledge: () => say({ pact: 'status', handover: 'acknowledged' }),
  onTerm: (steps) => void process.on('SIGTERM', () => void take(steps).then(() => process.exit(0))),
  finish: (summary, { outputs = [] }) => say({ pact: 'result', summary, outputs }),
  jot: (text) => say({ pact: 'note', text }),
  keepHandover: (path) => {
    const { files, ...handover } = request.handover ?? {};
    const found = files ? readdirSync(files).map((name) => [name, readFileSync(`${files}/${name}`, 'utf8')]) : [];
    writeFileSync(path, JSON.stringify({ ...handover, files: Object.fromEntries(found) }));
  },
  wrapUp: (steps) => {
    const listen = async () => {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        if (JSON.parse(next.value).pact !== 'wrap-up') continue;
        await take(steps);
        process.exit(0);
      }
    };
    void listen();
  },
  ask: async (question) => writeFileSync('answer.txt', JSON.stringify(await ask(question))),
};

async function take(steps) {
  for (const step of steps) {
    if (step.attempt !== undefined && step.attempt !== request.attempt) continue;
    if (step.agent !== undefined && step.agent !== request.agent_id) continue;
    for (const [name, value] of Object.entries(step)) if (name in actions) await actions[name](value, step);
  }
}
await take(request.task.input.steps ?? []);
for (const { path } of request.task.deliverables) {
  if (
    (request.task.input.steps ?? []).some((step) =>
      [step.write, step.keepHandover, step.combine, step.to, step.ask && 'answer.txt'].includes(path),
    )
  )
    continue;
  actions.write(path, {});
}
say({ pact: 'result', summary: `did ${request.task.id}` });
note('end');
lines.close();
process.exit(0);
