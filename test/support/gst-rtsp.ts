/**
 * An RTSP server of other people: GStreamer's, by its Python binding (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi,
 * gstreamer1.0-plugins-good, -ugly and -libav). It shows a red picture with a tone of 500 Hz, to those who log in. Tests
 * that need it skip where it is not installed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { waitFor } from './wait.js';

/** Debian's own Python: another one in PATH does not know Debian's bindings. */
const PYTHON = '/usr/bin/python3';
const IMPORTS = `
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtsp', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
`;
const PARTS = ['x264enc', 'avenc_aac', 'rtph264pay', 'rtpmp4gpay'];
const PROBE = `${IMPORTS}
assert all(Gst.ElementFactory.find(name) for name in ${JSON.stringify(PARTS)})
`;

const SERVER = `${IMPORTS}
import sys
user, password, method, port = sys.argv[1:5]
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    '( videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=180,framerate=30/1 '
    '! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 '
    'audiotestsrc is-live=true freq=500 volume=0.5 ! audio/x-raw,rate=48000,channels=2 '
    '! avenc_aac ! rtpmp4gpay name=pay1 pt=97 )')
factory.set_shared(True)
if user:
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST if method == 'digest' else GstRtsp.RTSPAuthMethod.BASIC)
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, 'viewer')
    if method == 'digest':
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.from_string('viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true')[0])
server.get_mount_points().add_factory('/cam', factory)
server.attach(None)
print('port', server.get_bound_port(), flush=True)
GLib.MainLoop().run()
`;

/** For `test.skipIf(!hasGstRtsp)`. */
export const hasGstRtsp = spawnSync(PYTHON, ['-c', PROBE], { timeout: 20_000 }).status === 0;
if (!hasGstRtsp)
  console.warn('No RTSP server of GStreamer (gir1.2-gst-rtsp-server-1.0): tests against it are skipped.');

export interface GstRtspLogin {
  user: string;
  password: string;
  method: 'basic' | 'digest';
}

export class GstRtspServer {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param login whom it lets in, else everybody; @param at the port of an earlier one, else a free one */
  static async start(login: GstRtspLogin | null = null, at = 0): Promise<GstRtspServer> {
    const args = ['-c', SERVER, login?.user ?? '', login?.password ?? '', login?.method ?? '', `${at}`];
    const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000);
    });
    try {
      const port = await waitFor('the RTSP server', 15_000, () => Number(/^port (\d+)$/m.exec(said)?.[1]) || null);
      return new GstRtspServer(child, port);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(complaint || String(error));
    }
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
