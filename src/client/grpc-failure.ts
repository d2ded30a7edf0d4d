import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ExecutionExistsError, NoServerError, NoWorkerError, RefusedError, UnknownExecutionError } from './errors.ts';

/** Codes of gRPC (google.rpc.Code) that we tell apart. */
const GRPC = {
  cancelled: 1,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface CallPlace {
  readonly address: string;
  readonly namespace: string;
  /** Workflow id that the call was about; null for calls about the whole server. */
  readonly executionId: string | null;
}

/** True when the server has the workflow but nobody runs it: the answer has to come from the server's own records. */
export function isNoWorkerFailure(error: unknown): boolean {
  if (error instanceof NoWorkerError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (isGrpcDeadlineError(error)) return true;
  const source = sourceOf(error);
  if (!isGrpcServiceError(source)) return false;
  // The server watches the deadline as well, and may be the first to end the call.
  if (source.code === GRPC.cancelled) return true;
  // "no poller seen for task queue recently", or it closed before any worker had begun with it.
  return source.code === GRPC.failedPrecondition && /poller|worker|closed before/i.test(source.details);
}

/** Errors of the Temporal client as ours, each with what was asked, where, and what to do. Ours pass through. */
export function toClientError(error: unknown, place: CallPlace): Error {
  if (isNamespaceUnknown(error)) return toUnknownNamespace(place);
  if (error instanceof WorkflowUpdateFailedError) return toRefusal(error);
  if (error instanceof WorkflowNotFoundError) return toUnknownExecution(place);
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new ExecutionExistsError(
      `An execution with the id "${error.workflowId}" exists already in namespace "${place.namespace}": choose another id.`,
    );
  }
  if (error instanceof QueryNotRegisteredError) {
    return new RefusedError(
      'InvalidMessage',
      `"${place.executionId}" is not an execution of PACT: it does not answer this query.`,
    );
  }
  if (isNoWorkerFailure(error)) {
    return error instanceof NoWorkerError ? error : new NoWorkerError(noWorkerText(place));
  }
  return toServerError(error, place);
}

export function noWorkerText(place: CallPlace): string {
  const what = place.executionId === null ? 'the request' : `the request to "${place.executionId}"`;
  return `No worker answered ${what} (server ${place.address}, namespace "${place.namespace}"). Start one with: pact worker`;
}

function toServerError(error: unknown, place: CallPlace): Error {
  const source = sourceOf(error);
  if (!isGrpcServiceError(source)) return error instanceof Error ? error : new Error(String(error));
  switch (source.code) {
    case GRPC.unavailable:
      return new NoServerError(
        `No Temporal server answers at ${place.address} (${source.details}). ` +
          'Start one with: pact up, or name yours with --address, TEMPORAL_ADDRESS or temporal.toml.',
      );
    case GRPC.notFound:
      return toUnknownExecution(place);
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return new NoServerError(
        `The server at ${place.address} refused this client (${source.details}). ` +
          'Check the API key or the certificates in TEMPORAL_* or temporal.toml.',
      );
    default:
      return new Error(`The server at ${place.address} answered: ${source.details}`, { cause: error });
  }
}

/** The SDK has an error of its own for this, by name; the server's is NOT_FOUND with a text. */
function isNamespaceUnknown(error: unknown): boolean {
  if (error instanceof Error && error.name === 'NamespaceNotFoundError') return true;
  const source = sourceOf(error);
  return isGrpcServiceError(source) && source.code === GRPC.notFound && /namespace/i.test(source.details);
}

function toUnknownNamespace(place: CallPlace): Error {
  return new NoServerError(
    `The server at ${place.address} has no namespace "${place.namespace}". ` +
      `Create it with: temporal operator namespace create ${place.namespace}`,
  );
}

function toUnknownExecution(place: CallPlace): Error {
  return new UnknownExecutionError(
    `No execution "${place.executionId}" in namespace "${place.namespace}" at ${place.address}. List them with: pact status`,
  );
}

function toRefusal(error: WorkflowUpdateFailedError): Error {
  const cause = error.cause;
  if (cause instanceof ApplicationFailure) {
    return new RefusedError(cause.type ?? 'InvalidMessage', cause.message, cause.details ?? []);
  }
  return new RefusedError('InvalidMessage', cause instanceof Error ? cause.message : error.message);
}

/** The SDK wraps gRPC errors; the code is on the innermost one. */
function sourceOf(error: unknown): unknown {
  let source = error;
  while (source instanceof Error && !isGrpcServiceError(source) && source.cause !== undefined) source = source.cause;
  return source;
}
