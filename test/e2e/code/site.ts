import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const html = `<!doctype html><title>Start</title>
<h1>Orders</h1>
<label>Name <input id="name"></label>
<select id="size"><option value="1">One</option><option value="2">Two</option></select>
<input type="checkbox" id="agree">
<ul><li>alpha</li><li>beta</li></ul>
<iframe name="inner" srcdoc="<p id=p>inside</p>"></iframe>
<a id="csv" href="/orders.csv" download>Download</a>
<a id="popup" href="/other" target="_blank">Open</a>
<button onclick="setTimeout(() => { location.href = '/other?from=button' }, 50)">Go</button>
<input type="file" id="file" onchange="this.files[0].text().then((text) => { document.title = text })">`;

/** A page with every kind of thing that code acts on, on a loopback port. */
export async function startSite() {
  const server = createServer((request, response) => {
    if (request.url === '/orders.csv') {
      response.setHeader('content-disposition', 'attachment; filename=orders.csv');
      response.end('id,total\n1,2\n');
    } else if (request.url === '/broken.csv') {
      response.writeHead(200, { 'content-disposition': 'attachment', 'content-length': '100' });
      response.write('id', () => response.destroy());
    } else {
      response.setHeader('content-type', 'text/html');
      response.end(html);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, close: () => server.close() };
}
