// Lays the whole root of an image of a server out in a folder, for a Dockerfile to copy (deploy/images).
//   node scripts/images/server-folder.ts kafka|mariadb FOLDER
import { nodeBaseFiles } from './node-base.ts';
import { serverImages } from './server-images.ts';
import { writeFolder } from './write-folder.ts';

const [name = '', folder] = process.argv.slice(2);
const server = serverImages().get(name);
if (server === undefined || folder === undefined) {
  console.error(`Usage: server-folder.ts ${[...serverImages().keys()].join('|')} FOLDER`);
  process.exit(2);
}
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const { layers } = await server.build({ onProgress: console.log, signal: stop.signal });
for (const files of [nodeBaseFiles(), ...layers.map((layer) => layer.files)]) writeFolder(folder, files);
