import { proxyActivities } from '@temporalio/workflow';
import { runFifo } from './fifo.mjs';

const { perform } = proxyActivities({ startToCloseTimeout: '10 minutes', retry: { maximumAttempts: 3 } });

export async function fifo({ tasks, slots }) {
  await runFifo(tasks, slots, perform);
}
