/** A small service for the tests: answers GET /health on PORT, or refuses its configuration when there is no PORT. */
import { createServer } from 'node:http';

const port = process.env.PORT;
if (port === undefined) {
  console.error('PORT is missing: set it to the port to listen on');
  process.exit(2);
}
createServer((_request, response) => response.end(String(process.pid))).listen(Number(port), '127.0.0.1');
console.log(`listening on ${port}`);
