/**
 * kafkajs 2.2.4 hands setTimeout a negative delay at every run; Node makes it 1 ms and warns, which tells a person at the
 * command line nothing. Every other warning is printed as before. Returns what takes this back.
 */
export function silenceKafkajsWarning(): () => void {
  const printers = process.listeners('warning');
  const printOthers = (warning: Error): void => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const print of printers) print(warning);
  };
  process.removeAllListeners('warning');
  process.on('warning', printOthers);
  return () => {
    process.off('warning', printOthers);
    for (const print of printers) process.on('warning', print);
  };
}
