import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A mail server that repeats the login that it does not take, as some do: `500 Unrecognized command: AUTH PLAIN …`. */
export async function startParrot(mechanism: string): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => {
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 parrot');
    createInterface({ input: socket }).on('line', (line) => {
      if (line.startsWith('EHLO')) say(`250-parrot\r\n250 ${mechanism}`);
      else if (line === 'AUTH LOGIN') say('334 VXNlcm5hbWU6');
      else if (line === Buffer.from('alerts@localhost').toString('base64')) say('334 UGFzc3dvcmQ6');
      else if (line === 'QUIT') socket.end();
      else say(`500 5.5.1 Unrecognized command: ${line}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
