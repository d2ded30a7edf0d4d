// Restate: one handler, a durable step per task (https://docs.restate.dev/develop/ts/durable-steps); which of those at work ends next is
// asked by its own combinators, which makes the order part of the journal.
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';

// Restate's SDK expects it; Node has it from version 22.
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};

/** Goes through the graph first come first served, with promises of Restate. */
async function runGraph(ctx, { tasks, slots }, work) {
  const followers = new Map(tasks.map(({ id }) => [id, []]));
  for (const task of tasks) for (const before of task.dependsOn) followers.get(before).push(task);
  const missing = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const ready = tasks.filter(({ dependsOn }) => dependsOn.length === 0);
  const running = new Map();
  for (let next = 0; next < tasks.length;) {
    while (running.size < slots && next < ready.length) {
      const task = ready[next++];
      running.set(
        task.id,
        ctx.run(task.id, () => work(task)).map(() => task.id),
      );
    }
    await settleOne();
  }
  while (running.size > 0) await settleOne();

  async function settleOne() {
    const ended = await restate.RestatePromise.race([...running.values()]);
    running.delete(ended);
    for (const task of followers.get(ended)) {
      missing.set(task.id, missing.get(task.id) - 1);
      if (missing.get(task.id) === 0) ready.push(task);
    }
  }
}

export async function openPeer({ restate: { ingressUrl, adminUrl, servicePort }, work }) {
  const service = restate.service({
    name: 'graphs',
    handlers: { run: async (ctx, graph) => void (await runGraph(ctx, graph, work)) },
  });
  const warnings = ({ level }, ...message) => level === 'error' && process.stderr.write(`Restate: ${message.join(' ')}\n`);
  await restate.endpoint().bind(service).setLogger(warnings).listen(servicePort);
  const answer = await fetch(`${adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${servicePort}` }),
  });
  if (!answer.ok) throw new Error(`Restate refused the deployment: ${answer.status} ${await answer.text()}`);
  const client = clients.connect({ url: ingressUrl }).serviceClient(service);
  return { prepare: async (graph) => () => client.run(graph), close: async () => undefined };
}
