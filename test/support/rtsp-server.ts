/**
 * A small RTSP server for tests (RFC 2326, everything interleaved in the one TCP connection): ffmpeg sends RTP to it over
 * UDP on loopback, and each client that plays gets it between its answers. close() ends everything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ffmpegPath } from './media-tools.js';
import { waitFor } from './wait.js';

export interface RtspServerOptions {
  /** ffmpeg's inputs; the picture is encoded as H.264 with a key frame twice a second. */
  input: readonly string[];
  /** Answer of every request with a redirect to this address instead of what was asked for. */
  redirect?: string;
}

export class RtspServer {
  readonly #server: Server;
  readonly #rtp: UdpSocket;
  readonly #encoder: ChildProcess;
  readonly #players = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  readonly #redirect: string | undefined;
  #sdp = '';
  /** First lines of the requests. */
  readonly requests: string[] = [];

  private constructor(server: Server, rtp: UdpSocket, options: RtspServerOptions) {
    this.#server = server;
    this.#rtp = rtp;
    this.#redirect = options.redirect;
    server.on('connection', (client) => this.#serve(client));
    rtp.on('message', (packet) => {
      const head = Buffer.from([0x24, 0, packet.length >> 8, packet.length & 255]);
      for (const player of this.#players) player.write(Buffer.concat([head, packet]));
    });
    const target = `rtp://127.0.0.1:${rtp.address().port}?pkt_size=1200`;
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-pix_fmt', 'yuv420p'];
    this.#encoder = spawn(
      ffmpegPath,
      ['-nostdin', '-v', 'error', '-re', ...options.input, ...x264, '-f', 'rtp', '-sdp_file', 'pipe:1', target],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.#encoder.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#sdp += text;
    });
  }

  static async start(options: RtspServerOptions): Promise<RtspServer> {
    const rtp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(rtp, 'listening');
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const server = new RtspServer(tcp, rtp, options);
    await waitFor('the encoder', 10_000, () => server.#sdp.includes('m=video'));
    return server;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/cam`;
  }

  #serve(client: Socket): void {
    let text = '';
    this.#clients.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => {
      this.#clients.delete(client);
      this.#players.delete(client);
    });
    client.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#answer(client, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(client: Socket, request: string): void {
    const [line = ''] = request.split('\r\n');
    this.requests.push(line);
    const [method = '', address = ''] = line.split(' ');
    const number = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '0';
    const say = (status: string, headers: readonly string[] = [], body = ''): void => {
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${number}`, 'Session: 1234', ...headers];
      client.write(`${[...lines, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
    };
    if (this.#redirect) {
      say('302 Moved Temporarily', [`Location: ${this.#redirect}`]);
    } else if (method === 'OPTIONS') {
      say('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
    } else if (method === 'DESCRIBE') {
      const sdp = this.#sdp.slice(this.#sdp.indexOf('v=0')).replace(/^(m=video) \d+/m, '$1 0');
      say('200 OK', [`Content-Base: ${address}/`, 'Content-Type: application/sdp'], sdp);
    } else if (method === 'SETUP') {
      say('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1']);
    } else if (method === 'PLAY') {
      say('200 OK');
      this.#players.add(client);
    } else {
      say('200 OK');
    }
  }

  async close(): Promise<void> {
    this.#encoder.kill('SIGKILL');
    this.#rtp.close();
    for (const client of this.#clients) client.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}
