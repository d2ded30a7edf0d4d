// Compares two benchmark results, `{ref, version, node, arch, cases: [{name, samples, medianNs, low95Ns, high95Ns}]}`.

const toMicroseconds = (ns) => (ns / 1e3).toFixed(1);

/**
 * By how much the medians differ, and only when the 95 % intervals are apart: otherwise the measurement cannot tell.
 * (Intervals that are apart show a difference at the 5 % level; ones that overlap prove nothing.)
 */
function compare(before, after) {
  if (after.high95Ns < before.low95Ns) return `${(before.medianNs / after.medianNs).toFixed(2)} × as fast`;
  if (after.low95Ns > before.high95Ns) return `${(after.medianNs / before.medianNs).toFixed(2)} × the time`;
  return 'no difference measured';
}

const toCell = ({ medianNs, low95Ns, high95Ns }) =>
  `${toMicroseconds(medianNs)} (${toMicroseconds(low95Ns)}–${toMicroseconds(high95Ns)})`;

export function benchmarkPage(before, after) {
  const rows = after.cases.map((each) => {
    const old = before.cases.find(({ name }) => name === each.name);
    const [cell, change] = old === undefined ? ['–', 'new'] : [toCell(old), compare(old, each)];
    return `| ${each.name} | ${cell} | ${toCell(each)} | ${change} |`;
  });
  return [
    '# Benchmark',
    '',
    `Microseconds per call: median and its 95 % interval, ${after.cases[0].samples} samples, Node ${after.node}, ${after.arch}.`,
    '',
    `| case | ${before.ref} | ${after.ref} | change |`,
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
