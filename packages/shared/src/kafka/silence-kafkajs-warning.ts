let silenced = false;

/**
 * kafkajs 2.2.4 arms timers with a time that has passed (tulios/kafkajs issue 1751); Node makes it 1 ms and warns at every
 * run, which tells nobody anything. Every other warning is printed as before. May be called again.
 */
export function silenceKafkajsWarning(): void {
  if (silenced) return;
  silenced = true;
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const print of printers) print(warning);
  });
}
