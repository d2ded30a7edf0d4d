import { InvalidArgumentError } from 'commander';

/** Readers of options that are numbers; what is none is refused with what was expected. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number =>
    readNumber(
      text,
      `a whole number from ${least} to ${most}`,
      (value) => Number.isInteger(value) && value >= least && value <= most,
    );

export const numberWithin =
  (least: number, most: number) =>
  (text: string): number =>
    readNumber(text, `a number from ${least} to ${most}`, (value) => value >= least && value <= most);

export const numberAboveZero = (text: string): number =>
  readNumber(text, 'a number above 0', (value) => value > 0 && Number.isFinite(value));

function readNumber(text: string, expected: string, isRight: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!isRight(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
  return value;
}
