// An SMTP server that takes every mail and prints it, one JSON object a line; the first line is its port.
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({
  authOptional: false,
  allowInsecureAuth: true,
  disabledCommands: ['STARTTLS'],
  onAuth(auth, session, done) {
    const right = auth.username === 'soundings' && auth.password === 'harbour';
    done(right ? null : new Error('wrong password'), { user: auth.username });
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      const mail = { from: mailFrom.address, to: rcptTo.map((to) => to.address), data: Buffer.concat(parts).toString() };
      console.log(JSON.stringify(mail));
      done();
    });
  },
});
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.on('end', () => process.exit()).resume();
