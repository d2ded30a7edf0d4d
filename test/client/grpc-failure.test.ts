import { expect, test } from 'vitest';
import { NoServerError, NoWorkerError, UnknownExecutionError } from '../../src/client/errors.ts';
import { toClientError } from '../../src/client/grpc-failure.ts';

const place = { address: 'localhost:7233', namespace: 'default', executionId: 'nightly' };
const failure = (code: number, details: string): Error =>
  Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });

test.each([
  ['a deadline that passed here', 4, 'Deadline exceeded', NoWorkerError],
  ['a deadline that the server saw pass first', 1, 'Call cancelled', NoWorkerError],
  ['nobody polls', 9, 'no poller seen for task queue recently', NoWorkerError],
  ['nobody listens', 14, 'No connection established', NoServerError],
  ['an unknown id', 5, 'workflow not found', UnknownExecutionError],
])('client.errors: %s', (_, code, details, type) => {
  const error = toClientError(new Error('Failed to query Workflow', { cause: failure(code, details) }), place);
  expect(error).toBeInstanceOf(type);
  expect(error.message).toMatch(/nightly|localhost:7233/);
});
