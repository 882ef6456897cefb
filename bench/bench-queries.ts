import { randomBytes, sign } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';
import { callControl } from './simulator-control.ts';

const CONNECTIONS = 64;

/** Order queries flat out; signed ahead, because the caller's own signing is not the simulator's. */
export async function prepareQueries(
  simulatorUrl: string,
  merchant: MerchantDescription,
): Promise<(count: number) => Promise<void>> {
  const outTradeNo = `QUERY_${randomBytes(4).toString('hex')}`;
  await callControl(simulatorUrl, 'POST', '/orders', { outTradeNo, total: 100, notifyUrl: `${simulatorUrl}/none` });
  const path = `/v3/pay/transactions/out-trade-no/${outTradeNo}?mchid=${merchant.mchid}`;
  const headers = {
    Authorization: authorize(merchant, 'GET', path),
    Accept: 'application/json',
    'User-Agent': 'bench',
  };
  return async (count) => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    let started = 0;
    const workers = Array.from({ length: CONNECTIONS }, async () => {
      while (started++ < count) {
        const status = await get(`${simulatorUrl}${path}`, headers, agent);
        if (status !== 200) throw new Error(`a query answered ${status}`);
      }
    });
    await Promise.all(workers);
    agent.destroy();
  };
}

function get(url: string, headers: Record<string, string>, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(url, { headers, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    call.on('error', reject);
    call.end();
  });
}

/** The Authorization header of an APIv3 call without a body (page 4012365334). */
function authorize(merchant: MerchantDescription, method: string, path: string): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('hex');
  const message = `${method}\n${path}\n${timestamp}\n${nonce}\n\n`;
  const signature = sign('sha256', Buffer.from(message), merchant.privateKeyPem).toString('base64');
  return `WECHATPAY2-SHA256-RSA2048 mchid="${merchant.mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${merchant.serialNo}"`;
}
