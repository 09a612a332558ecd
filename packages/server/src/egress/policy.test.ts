import { describe, expect, it } from 'vitest';
import { EgressPolicy, type Resolver } from './policy.ts';

const publicHost: Resolver = async () => [{ address: '93.184.215.14', family: 4 }];

function policy(allowHosts: string[] = [], resolver = publicHost): EgressPolicy {
  return new EgressPolicy({ allowHosts, resolver });
}

describe('addresses as users write them', () => {
  it('takes https where no scheme is given', async () => {
    expect((await policy().checkUrl('example.com/a?b=1')).href).toBe('https://example.com/a?b=1');
    expect((await policy().checkUrl(' example.com:8080 ')).href).toBe('https://example.com:8080/');
  });

  it.each([
    '',
    'ftp://example.com',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://',
    'http://.',
    'https://a b',
  ])('refuses %j as invalid', async (text) => {
    await expect(policy().checkUrl(text)).rejects.toMatchObject({ code: 'invalid_url' });
  });

  it('refuses more than 2083 characters', async () => {
    const longest = `https://example.com/${'a'.repeat(2083 - 20)}`;
    await expect(policy().checkUrl(longest)).resolves.toBeInstanceOf(URL);
    await expect(policy().checkUrl(`${longest}a`)).rejects.toMatchObject({ code: 'invalid_url' });
  });
});

describe('private hosts', () => {
  it.each([
    'http://localhost',
    'http://LOCALHOST.:80/',
    'http://app.localhost',
    'http://printer.local',
    'http://metadata.google.internal',
    'http://kubernetes.default.svc',
    'http://db.prod.svc.cluster.local',
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://127.0.0.1.',
    'http://127.0.0.1:9222/json',
    'http://0.0.0.0',
    'http://10.1.2.3',
    'http://172.16.0.1',
    'http://192.168.1.1',
    'http://100.64.0.1',
    'http://169.254.169.254/latest/meta-data',
    'http://168.63.129.16',
    'http://224.0.0.1',
    'http://255.255.255.255',
    'http://192.0.2.1',
    'http://[::1]',
    'http://[::]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:a9fe:a9fe]',
    'http://[::7f00:1]',
    'http://[64:ff9b::7f00:1]',
    'http://[64:ff9b:1::808:808]',
    'http://[2002:7f00:1::]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://[ff02::1]',
    'http://user:pass@127.0.0.1',
    'http://example.com@127.0.0.1',
    'http://１２７.0.0.1',
    'http://%6c%6f%63alhost',
  ])('refuses %s, naming the way out', async (text) => {
    await expect(policy().checkUrl(text)).rejects.toMatchObject({
      code: 'blocked_host',
      message: expect.stringContaining('LAPWING_ALLOW_HOSTS'),
    });
  });

  it.each([
    'http://8.8.8.8',
    'http://[2606:4700::1111]',
    'http://[::ffff:8.8.8.8]',
    'http://[64:ff9b::808:808]',
    'https://localhost.example.com',
  ])('lets %s through', async (text) => {
    await expect(policy().checkUrl(text)).resolves.toBeInstanceOf(URL);
  });

  it('refuses a name when one of its addresses is private', async () => {
    const mixed: Resolver = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ];
    const refused = policy([], mixed).checkUrl('https://inner.example.com');
    await expect(refused).rejects.toThrow(/"inner\.example\.com".*10\.0\.0\.7/);
  });

  it('lets a name through that does not resolve now', async () => {
    const lost: Resolver = () => Promise.reject(new Error('ENOTFOUND'));
    await expect(policy([], lost).checkUrl('https://gone.example')).resolves.toBeInstanceOf(URL);
    await expect(policy([], lost).resolve('gone.example', 443)).rejects.toThrow('ENOTFOUND');
  });

  it('stops waiting for an answer when the signal fires', async () => {
    const silent: Resolver = () => new Promise(() => {});
    const stop = new AbortController();
    const waiting = policy([], silent).checkUrl('https://example.com', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});

describe('hosts that the operator allows', () => {
  const inner: Resolver = async () => [{ address: '10.0.0.7', family: 4 }];

  it('lets through a host with any port, or with the one that is named', async () => {
    const some = policy(['10.0.0.7', '127.0.0.1:8080', '[::1]:80', 'Intra.Example.com'], inner);
    for (const text of [
      'http://10.0.0.7:99',
      'http://127.1:8080',
      'http://[::1]/',
      'https://intra.example.com',
    ]) {
      await expect(some.checkUrl(text)).resolves.toBeInstanceOf(URL);
    }
    for (const text of ['http://127.0.0.1', 'http://[::1]:81', 'http://other.example.com']) {
      await expect(some.checkUrl(text)).rejects.toMatchObject({ code: 'blocked_host' });
    }
  });

  it('resolves an allowed name to its private address', async () => {
    await expect(
      policy(['intra.example.com'], inner).resolve('intra.example.com', 443),
    ).resolves.toEqual([{ address: '10.0.0.7', family: 4 }]);
  });

  it.each(['', 'http://10.0.0.1', '10.0.0.1/8', 'a b', 'host:99999'])(
    'names a wrong entry: %j',
    (entry) => {
      expect(() => policy([entry])).toThrow(`"${entry}"`);
    },
  );
});
