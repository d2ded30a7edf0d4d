// Follows one order by the times that the server has noted: from the client's call of the update, through the workflow task of the parent, by
// signal, to the end of the child's workflow task that takes it. Nothing is asked meanwhile, so nothing but the order is measured. The server
// must have this machine's clock.
import proto from '@temporalio/proto';
import { setTimeout as delay } from 'node:timers/promises';

const { EventType } = proto.temporal.api.enums.v1;
const NEWEST = 40;
const WITHIN_MS = 30_000;

/**
 * Sends an order and waits until it is in force: the child's workflow task that takes the signal is done, which makes it durable.
 * @param order `send` calls the update, `signal` is the name by which the parent passes it on.
 * @returns Milliseconds: `answered` and `inForce` from the call, the others how long each step of the way has taken.
 */
export async function traceOrder(server, { parentId, childId, send, signal }) {
  const calledAt = Date.now();
  await send();
  const answered = Date.now() - calledAt;
  const taken = await until(async () => {
    const events = await newestEvents(server, childId, calledAt);
    const signalled = events.findLast((event) => event.workflowExecutionSignaledEventAttributes?.signalName === signal);
    return signalled && finishedTask(events, (done) => isLater(done, signalled) && signalled);
  }, `${childId} has taken ${signal}`);
  const accepted = await newestEvents(server, parentId, calledAt);
  const given = finishedTask(accepted, (done) =>
    isFollowedBy(accepted, done, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED),
  );
  const { startedAt, doneAt } = given;
  return {
    answered,
    inForce: taken.doneAt - calledAt,
    'call → workflow task of the parent': startedAt - calledAt,
    'workflow task of the parent': doneAt - startedAt,
    'its end → signal at the child': taken.causedAt - doneAt,
    'signal → workflow task of the child': taken.startedAt - taken.causedAt,
    'workflow task of the child': taken.doneAt - taken.startedAt,
  };
}

/** The first workflow task that is done and fits; `causeOf` answers what has made it necessary, or something falsy. */
function finishedTask(events, causeOf) {
  for (const done of events) {
    const startedId = done.workflowTaskCompletedEventAttributes?.startedEventId;
    const started = startedId && events.find(({ eventId }) => eventId.equals(startedId));
    const cause = started && causeOf(done);
    if (cause) return { causedAt: cause === true ? null : timeOf(cause), startedAt: timeOf(started), doneAt: timeOf(done) };
  }
  return null;
}

const isLater = (one, other) => one.eventId.greaterThan(other.eventId);
const isFollowedBy = (events, one, kind) =>
  events.some(({ eventId, eventType }) => eventType === kind && eventId.equals(one.eventId.add(1)));

/** The newest events since a moment (Unix ms), oldest first. */
async function newestEvents({ client, namespace }, workflowId, since) {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId },
    maximumPageSize: NEWEST,
  });
  return history.events.filter((event) => timeOf(event) >= since).toReversed();
}

const timeOf = ({ eventTime }) => Number(eventTime.seconds) * 1_000 + eventTime.nanos / 1e6;

async function until(look, what) {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    // The order has its time first: looking costs the server something, too.
    await delay(100);
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
  }
}
