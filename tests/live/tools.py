"""msmtp and swaks as clients that speak to the server themselves, and what they say of it."""
import pathlib
import re
import subprocess

from mtas import Message


class Msmtp:
    """It gives a message up where one recipient is refused, and logs the first refusal alone."""

    helo = "msmtp.client.example.org"

    def __init__(self, net, host, directory, source):
        self.net, self.host, self.source = net, host, source
        self.log = pathlib.Path(directory) / "msmtp.log"

    def send(self, server, tls, sender, recipients, text):
        command = ["msmtp", "--file=/dev/null", f"--host={server}", "--port=25", f"--domain={self.helo}",
                   f"--from={sender}", f"--logfile={self.log}", "--auth=off", f"--tls={'on' if tls else 'off'}",
                   "--tls-starttls=on", "--tls-certcheck=off", f"--source-ip={self.source}", "--timeout=20",
                   *recipients]
        subprocess.run(self.net.command(self.host, *command), input=text.encode(), capture_output=True, check=False,
                       timeout=60)

    def messages(self):
        found = []
        for line in self.log.read_text().splitlines() if self.log.exists() else ():
            say = dict(re.findall(r"(\w+)=('.*?'(?= \w+=|$)|\S+)", line))
            sent = say["exitcode"] == "EX_OK"
            message = Message(say["host"], self.helo, say["from"], delivered=sent, tls=say["tls"] == "on")
            message.accepted = len(say["recipients"].split(",")) if sent else 0
            if int(say.get("smtpstatus", "250")) >= 400:
                message.words = say["smtpmsg"].strip("'")
            found.append(message)
        return found


class Swaks:
    """What it shows of its dialogues is their log."""

    helo = "swaks.client.example.org"

    def __init__(self, net, host, source):
        self.net, self.host, self.source = net, host, source
        self.found = []

    def send(self, server, sender, recipients, *more):
        command = ["swaks", "--server", server, "--port", "25", "--helo", self.helo, "--from", sender, "--to",
                   ",".join(recipients), "--local-interface", self.source, "--timeout", "20", *more]
        done = subprocess.run(self.net.command(self.host, *command), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
        self.found.append(self.read(server, "" if sender == "<>" else sender, done.stdout.decode(errors="replace")))

    def read(self, server, sender, text):
        """" -> " is what it said (" ~> " under TLS), "<-  " the answer, "<** " one that it minds."""
        message, asked, body = Message(server, self.helo, sender), [], False
        for line in text.splitlines():
            mark, said = line[:4], line[4:]
            if mark in (" -> ", " ~> ") and (not body or said == "."):
                asked.append("end" if body else said)
                body = False
                message.tls |= mark == " ~> "
            elif reply := re.match(r"<[-~*]{1,2} *([2-5])(\d\d) .*", line):
                command = asked.pop(0).upper() if asked else ""
                self.answer(message, command, reply[1], line[4:])
                body = body or command == "DATA" and reply[1] == "3"
        return message

    @staticmethod
    def answer(message, command, first, line):
        well = first == "2"
        if command.startswith("RCPT TO"):
            message.accepted += well
            message.refused += not well
        elif command == "END":
            message.delivered = well
        if first in "45":
            message.words = line

    def messages(self):
        return self.found
