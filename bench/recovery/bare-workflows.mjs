// What recovery is compared with: a hand-written Temporal workflow that runs agents as activities, found dead by their heartbeats.
import { proxyActivities } from '@temporalio/workflow';

const { work } = proxyActivities({ startToCloseTimeout: '1 hour', heartbeatTimeout: '2 seconds' });

export const bareAgents = ({ count, gate }) =>
  Promise.all(Array.from({ length: count }, (_, number) => work({ id: `t${number}`, gate })));
