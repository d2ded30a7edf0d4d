// argv: `same`: says the same status again and again, for ever; `moving` N: N steps of progress 150 ms apart.
const [, , kind, steps] = process.argv;
let step = 0;
const timer = setInterval(() => {
  step += 1;
  const progress = kind === 'same' ? 10 : Math.round((100 * step) / Number(steps));
  console.log(JSON.stringify({ pact: 'status', status: 'working', progress_percentage: progress }));
  if (kind === 'moving' && step >= Number(steps)) clearInterval(timer);
}, 150);
