import { DefaultFailureConverter, type PayloadConverter } from '@temporalio/common';

type Failure = ReturnType<DefaultFailureConverter['errorToFailure']>;

/**
 * Failures as Temporal's, their texts well-formed Unicode. The message of a failure travels as a bare protobuf string; half a surrogate
 * pair in it, from a message or an agent that names one, is no UTF-8, and the SDK's core ends the whole worker over it.
 */
class WellFormedFailureConverter extends DefaultFailureConverter {
  override errorToFailure(error: unknown, payloadConverter: PayloadConverter): Failure {
    return toWellFormed(super.errorToFailure(error, payloadConverter));
  }
}

function toWellFormed(failure: Failure): Failure {
  if (failure.message) failure.message = replaceLoneSurrogates(failure.message);
  if (failure.stackTrace) failure.stackTrace = replaceLoneSurrogates(failure.stackTrace);
  if (failure.cause) failure.cause = toWellFormed(failure.cause);
  return failure;
}

const replaceLoneSurrogates = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\ufffd');

export const failureConverter = new WellFormedFailureConverter();
