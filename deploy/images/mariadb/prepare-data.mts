// Gives an empty volume the system tables; a volume that has them stays as it is.
//   node prepare-data.mts TEMPLATE DATA
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';

const [template, data] = process.argv.slice(2);
if (template === undefined || data === undefined) {
  console.error('Usage: prepare-data.mts TEMPLATE DATA');
  process.exit(2);
}
if (existsSync(data)) {
  console.log(`${data} is there and stays.`);
} else {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(template, unfinished, { recursive: true });
  // A copy that was cut short does not count.
  renameSync(unfinished, data);
  console.log(`${data} is new.`);
}
