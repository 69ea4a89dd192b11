// Nango's own SDK for Node. The authority comes through NODE_EXTRA_CA_CERTS.
import { readFileSync } from 'node:fs';
import { Nango } from '@nangohq/node';

const [url, , inFlight, calls] = process.argv
  .slice(3)
  .map((value, at) => (at < 2 ? value : Number(value)));
const nango = new Nango({ host: url, secretKey: '0f8fad5b-d9cb-469f-a165-70867728950e' });

async function call() {
    if (typeof (await nango.getToken('github', 'bob')) !== 'string') {
        throw new Error('no token');
    }
}

async function several(count) {
    const times = [];
    const caller = async () => {
        for (let left = Math.max(1, Math.floor(count / inFlight)); left > 0; left--) {
            const before = performance.now();
            await call();
            times.push(performance.now() - before);
        }
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
    return times.sort((one, other) => one - other);
}

if (calls > 1) {
    await several(inFlight * 20);
}
const began = performance.now();
const before = process.cpuUsage();
const times = await several(calls);
const spent = process.cpuUsage(before);
const at = (part) => times[Math.floor(times.length * part)] * 1000;
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
console.log(
  JSON.stringify({
    seconds: (performance.now() - began) / 1000,
    cpu: (spent.user + spent.system) / 1e6,
    p50: at(0.5),
    p99: at(0.99),
    peak,
  }),
);
