import { createServer } from 'node:http';

/** Accepts every notification at once; `/refuse` refuses it. Counts nothing, checks nothing. */
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(request.url === '/refuse' ? 500 : request.url === '/' ? 200 : 204).end());
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
