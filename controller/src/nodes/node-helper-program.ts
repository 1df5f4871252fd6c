/**
 * The program that runs on a node for the length of one ssh connection, in Perl because every Debian has it (perl-base).
 * It is sent over the connection at its start, so that it is always the one that this controller speaks with.
 *
 * It starts commands, each under a supervisor of its own that outlives it: output goes straight from the command into
 * `<root>/<id>/stdout|stderr`, the outcome into `<root>/<id>/exit`. What it sends us is read back from those files.
 * Frames: see helper-frames.ts. Values of environment variables travel in frames only, never in an argument list.
 *
 * (In this text a dollar is never followed by a brace, and there is no backquote: it lives in a template literal.)
 */
export const NODE_HELPER_PROGRAM = String.raw`
use strict; use warnings; use POSIX ();
my $ROOT = shift(@ARGV) // '/var/lib/vcp/exec';
my ($KEEP_SECONDS, $KEEP_COUNT, $GRACE_MS, $CHUNK) = (7 * 86400, 2000, 5000, 32768);
my ($START, $ATTACH, $CANCEL, $DETACH, $STDIN, $ACK, $READ) = (1 .. 7);
my ($HELLO, $STARTED, $OUTPUT, $EXIT, $FAILED, $REPLY) = (65 .. 70);
my $cancelled = 0;
$SIG{PIPE} = 'IGNORE'; $SIG{HUP} = 'IGNORE'; $SIG{USR1} = sub { $cancelled = 1 };
delete @ENV{grep { /^SSH_/ } keys %ENV};
$0 = 'vcp-helper';
binmode STDIN; binmode STDOUT;
umask 077;
{ my $made = ''; for my $part (grep { length } split m{/}, $ROOT) { $made .= "/$part"; mkdir $made, 0755; } chmod 0700, $ROOT; }

# Milliseconds that never go back. Perl's own clock needs a module that a minimal Debian lacks.
my $CLOCK_CALL = (POSIX::uname())[4] =~ /^(aarch64|riscv64)/ ? 113 : (POSIX::uname())[4] eq 'x86_64' ? 228 : undef;
sub now_ms {
  if (defined $CLOCK_CALL) {
    my $spec = pack('q2', 0, 0);
    if (syscall($CLOCK_CALL, 7, $spec) == 0) { my ($s, $ns) = unpack('q2', $spec); return $s * 1000 + int($ns / 1e6); }
  }
  return int((POSIX::times())[0] * 1000 / POSIX::sysconf(&POSIX::_SC_CLK_TCK));
}

sub send_frame {
  my ($type, $stream, $payload) = @_;
  my $frame = pack('N C N', 5 + length $payload, $type, $stream) . $payload;
  my $at = 0;
  while ($at < length $frame) {
    my $n = syswrite(STDOUT, $frame, length($frame) - $at, $at);
    if (!defined $n) { next if $!{EINTR}; exit 0; }
    $at += $n;
  }
}
sub fields { return pack('(N/a*)*', @_) }
sub failed { my ($stream, $code, $message) = @_; send_frame($FAILED, $stream, fields($code, $message)); }

sub slurp {
  my ($path, $limit) = @_;
  open(my $fh, '<:raw', $path) or return undef;
  my $text = ''; 
  while (length $text < $limit) { my $n = sysread($fh, $text, $limit - length $text, length $text); last unless $n; }
  return $text;
}
# Field 22 of /proc/PID/stat; with the number it names one process for ever.
sub start_time {
  my $stat = slurp("/proc/$_[0]/stat", 4096);
  return '' unless defined $stat && $stat =~ s/^.*\)\s//s;
  my @field = split ' ', $stat;
  return $field[0] =~ /[ZX]/ ? '' : $field[19] // '';
}
sub supervisor_of {
  my $text = slurp("$_[0]/pid", 64) // return 0;
  my ($pid, $started) = split ' ', $text;
  return defined $started && start_time($pid) eq $started ? $pid : 0;
}

my (%streams, %pipes, %stdins, %pending);

sub start_command {
  my ($stream, $payload) = @_;
  my @list = unpack('(N/a*)*', $payload);
  my (%spec, @argv, @env, @own);
  while (@list) {
    my ($key, $value) = splice(@list, 0, 2);
    if ($key eq 'arg') { push @argv, $value } elsif ($key eq 'env') { push @env, $value } elsif ($key eq 'own') { push @own, $value } else { $spec{$key} = $value }
  }
  push @env, "VCP_EXEC_ID=$spec{id}";
  my $stdin = delete $stdins{$stream};
  my $dir = "$ROOT/$spec{id}";
  my @user;
  if (!-d $dir && !defined $spec{container}) {
    return failed($stream, 'invalid_request', "There is no folder $spec{cwd}.") if defined $spec{cwd} && !-d $spec{cwd};
    if (defined $spec{user}) {
      my ($name, $group) = split /:/, $spec{user}, 2;
      @user = $name =~ /^\d+$/ ? getpwuid($name) : getpwnam($name);
      @user = ($name, 'x', $name, $name, '', '', '', '/', '/bin/sh') if !@user && $name =~ /^\d+$/;
      return failed($stream, 'invalid_request', "There is no user $name.") unless @user;
      if (defined $group) {
        my $gid = $group =~ /^\d+$/ ? $group : getgrnam($group);
        return failed($stream, 'invalid_request', "There is no group $group.") unless defined $gid;
        $user[3] = $gid;
      }
    }
  }
  if (!mkdir $dir) {
    return attach($stream, $spec{id}, 0, 0) if $!{EEXIST};
    return failed($stream, 'command_failed', "The folder $dir could not be made: $!.");
  }
  for my $name ('stdout', 'stderr') { open(my $fh, '>>', "$dir/$name") or return failed($stream, 'command_failed', "$dir/$name could not be made: $!."); }
  pipe(my $done, my $running) or return failed($stream, 'command_failed', "No pipe: $!.");
  my $pid = fork();
  return failed($stream, 'command_failed', "No process could be started: $!.") unless defined $pid;
  if ($pid == 0) { close $done; eval { supervise($dir, \%spec, \@argv, \@env, \@own, \@user, $stdin) }; POSIX::_exit(0); }
  close $running;
  $pipes{fileno $done} = { fh => $done, id => $spec{id} };
  $pending{$spec{id}} = $pid;
  send_frame($STARTED, $stream, '');
  follow($stream, $spec{id}, 0, 0);
}

sub supervise {
  my ($dir, $spec, $argv, $env, $own, $user, $stdin) = @_;
  POSIX::setsid();
  $0 = "vcp-exec $spec->{id}";
  open(STDIN, '<', '/dev/null'); open(STDOUT, '>', '/dev/null'); open(STDERR, '>', '/dev/null');
  close $_->{fh} for values %pipes;
  (%streams, %stdins) = ();
  if (open(my $fh, '>', "$dir/pid")) { syswrite($fh, $$ . ' ' . start_time($$) . "\n"); close $fh; }
  pipe(my $ended, my $end);
  $SIG{CHLD} = sub { syswrite($end, '.') };
  $SIG{USR1} = sub { $cancelled = 1; syswrite($end, '.') };
  my $began = now_ms();
  my $pid = fork();
  if (!defined $pid) { return finish($dir, 'exited', 126, '', now_ms() - $began); }
  if ($pid == 0) { eval { run_command($dir, $spec, $argv, $env, $own, $user, $stdin) }; POSIX::_exit(126); }
  my $deadline = defined $spec->{timeoutMs} ? $began + $spec->{timeoutMs} : undef;
  my ($outcome, $kill_at, $status) = ('exited', undef, undef);
  while (1) {
    my $now = now_ms();
    if ($outcome eq 'exited' && ($cancelled || (defined $deadline && $now >= $deadline))) {
      $outcome = $cancelled ? 'cancelled' : 'timed-out';
      signal_all('TERM', $pid, $spec->{id});
      $kill_at = $now + $GRACE_MS;
    }
    if (defined $kill_at && $now >= $kill_at) { signal_all('KILL', $pid, $spec->{id}); $kill_at = $now + 500; }
    my $found = waitpid($pid, POSIX::WNOHANG());
    if ($found == $pid) { $status = $?; last; }
    # A signal between the look and the wait is noticed late by Perl: so no wait is longer than a tenth of the time so far.
    my $wait = ($now - $began) / 10;
    $wait = $wait < 5 ? 5 : $wait > 1000 ? 1000 : $wait;
    my $next = defined $kill_at ? $kill_at : $deadline;
    $wait = $next > $now ? $next - $now : 0 if defined $next && $next - $now < $wait;
    my $rin = ''; vec($rin, fileno $ended, 1) = 1;
    if (select($rin, undef, undef, $wait / 1000) > 0) { sysread($ended, my $dots, 64); }
  }
  # What the command left behind gets the rest of its time, then goes too.
  if ($outcome ne 'exited') {
    while (now_ms() < $kill_at && kill(0, -$pid)) { select(undef, undef, undef, 0.02); }
    signal_all('KILL', $pid, $spec->{id});
  }
  finish($dir, $outcome, $status & 127 ? '' : $status >> 8, $status & 127 ? $status & 127 : '', now_ms() - $began);
}
sub finish {
  my ($dir, $outcome, $code, $signal, $ms) = @_;
  open(my $fh, '>', "$dir/exit.new") or return;
  syswrite($fh, fields($outcome, $code, $signal, $ms)); close $fh;
  rename "$dir/exit.new", "$dir/exit";
}
# The process group, and whatever carries the mark in its environment: processes that left the group, and those
# of an application container (they are not children of 'docker exec').
sub signal_all {
  my ($signal, $pid, $id) = @_;
  kill $signal, -$pid;
  opendir(my $proc, '/proc') or return;
  for my $other (grep { /^\d+$/ && $_ != $$ } readdir $proc) {
    my $environ = slurp("/proc/$other/environ", 1 << 20) // next;
    kill $signal, $other if index("\0$environ", "\0VCP_EXEC_ID=$id\0") >= 0;
  }
}

sub run_command {
  my ($dir, $spec, $argv, $env, $own, $user, $stdin) = @_;
  POSIX::setsid();
  $SIG{$_} = 'DEFAULT' for qw(PIPE HUP CHLD USR1);
  if ($stdin) { sysseek($stdin, 0, 0); POSIX::dup2(fileno $stdin, 0); }
  open(my $out, '>>', "$dir/stdout"); POSIX::dup2(fileno $out, 1);
  open(my $err, '>>', "$dir/stderr"); POSIX::dup2(fileno $err, 2);
  umask 022;
  my %extra = map { split /=/, $_, 2 } @$env;
  my @command = @$argv;
  if (defined $spec->{container}) {
    # A file in memory without a name: the values are seen by nobody but the client that reads them.
    my $path = (-d '/dev/shm' ? '/dev/shm' : $dir) . "/.vcp-env-$$";
    open(my $file, '+>', $path) or POSIX::_exit(126);
    unlink $path;
    syswrite($file, join('', map { "$_\n" } @$env)); sysseek($file, 0, 0);
    # A copy made so stays open over exec; what Perl opens does not.
    POSIX::dup2(fileno $file, 99);
    @command = ('docker', 'exec', '--env-file', '/dev/fd/99', (map { ('-e', (split /=/, $_, 2)[0]) } @$own), ($stdin ? ('-i') : ()),
      (defined $spec->{cwd} ? ('-w', $spec->{cwd}) : ()), (defined $spec->{user} ? ('-u', $spec->{user}) : ()), $spec->{container}, @command);
    %extra = map { split /=/, $_, 2 } @$own;
  } elsif (@$user) {
    my ($name, $uid, $gid, $home, $shell) = @$user[0, 2, 3, 7, 8];
    my @groups = ($gid); 
    while (my @group = getgrent()) { push @groups, $group[2] if grep { $_ eq $name } split ' ', $group[3]; }
    $) = join ' ', $gid, @groups;
    $( = $gid;
    POSIX::setuid($uid) or say_and_exit("vcp: cannot become $name: $!");
    @ENV{qw(HOME USER LOGNAME SHELL)} = ($home, $name, $name, $shell);
    chdir $home or chdir '/';
  } else { chdir($ENV{HOME} // '/'); }
  if (defined $spec->{cwd} && !defined $spec->{container}) { chdir $spec->{cwd} or say_and_exit("vcp: cannot enter $spec->{cwd}: $!"); }
  $ENV{$_} = $extra{$_} for keys %extra;
  { no warnings; exec { $command[0] } @command; }
  my $missing = $!{ENOENT};
  syswrite(STDERR, "vcp: cannot run $command[0]: $!\n");
  POSIX::_exit($missing ? 127 : 126);
}
sub say_and_exit { syswrite(STDERR, "$_[0]\n"); POSIX::_exit(126); }

sub attach {
  my ($stream, $id, $out, $err) = @_;
  return failed($stream, 'not_found', "There is no command $id.") unless -d "$ROOT/$id";
  send_frame($STARTED, $stream, '');
  follow($stream, $id, $out, $err);
}
sub follow {
  my ($stream, $id, @from) = @_;
  my $dir = "$ROOT/$id";
  my $now = now_ms();
  my %state = (id => $id, dir => $dir, credit => 1 << 19, at => [@from], fh => [], quiet => $now, checked => $now, began => $now);
  for my $i (0, 1) {
    open($state{fh}[$i], '<:raw', "$dir/" . ($i ? 'stderr' : 'stdout')) or return failed($stream, 'not_found', "The output of $id is gone.");
    sysseek($state{fh}[$i], $from[$i], 0);
  }
  $streams{$stream} = \%state;
  pump($stream) unless $pending{$id};
}

# Sends what is new; the outcome once everything before it was sent.
sub pump {
  my ($stream) = @_;
  my $s = $streams{$stream};
  my $outcome = ended($s);
  my $more = 0;
  for my $i (0, 1) {
    for (1 .. 8) {
      if ($s->{credit} <= 0) { $more = 1; last; }
      my $n = sysread($s->{fh}[$i], my $data, $CHUNK < $s->{credit} ? $CHUNK : $s->{credit});
      last unless $n;
      send_frame($OUTPUT, $stream, pack('C Q>', $i + 1, $s->{at}[$i]) . $data);
      $s->{at}[$i] += $n; $s->{credit} -= $n; $s->{quiet} = now_ms();
      $more = 1 if $_ == 8;
    }
  }
  if (defined $outcome && !$more) { send_frame($EXIT, $stream, $outcome); delete $streams{$stream}; return 0; }
  return $more && $s->{credit} > 0;
}
sub ended {
  my ($s) = @_;
  return undef if $pending{$s->{id}};
  my $exit = slurp("$s->{dir}/exit", 4096);
  return $exit if defined $exit;
  my $now = now_ms();
  # A supervisor that another connection began may not have written its number yet.
  return undef if $s->{alive} && $now - $s->{checked} < 500;
  $s->{checked} = $now;
  return undef if $s->{alive} = supervisor_of($s->{dir});
  return undef if !-e "$s->{dir}/pid" && $now - $s->{began} < 2000;
  return slurp("$s->{dir}/exit", 4096) // fields('unknown', '', '', 0);
}

sub cancel {
  my ($stream, $id) = @_;
  my $dir = "$ROOT/$id";
  return failed($stream, 'not_found', "There is no command $id.") unless -d $dir;
  my $pid = $pending{$id} || supervisor_of($dir);
  kill 'USR1', $pid if $pid && !-e "$dir/exit";
  send_frame($REPLY, $stream, '');
}

sub prune {
  opendir(my $root, $ROOT) or return;
  my @ended;
  for my $name (grep { !/^\./ } readdir $root) {
    my $at = (stat "$ROOT/$name/exit")[9];
    if (!defined $at) { $at = (stat "$ROOT/$name")[9]; next if !defined $at || time - $at < $KEEP_SECONDS || supervisor_of("$ROOT/$name"); }
    push @ended, [$at, $name];
  }
  @ended = sort { $b->[0] <=> $a->[0] } @ended;
  for my $i (0 .. $#ended) {
    my ($at, $name) = @{ $ended[$i] };
    next if time - $at < $KEEP_SECONDS && ($i < $KEEP_COUNT || time - $at < 3600);
    unlink map { "$ROOT/$name/$_" } qw(stdout stderr pid exit exit.new);
    rmdir "$ROOT/$name";
  }
}

sub handle {
  my ($type, $stream, $payload) = @_;
  if ($type == $START) { start_command($stream, $payload) }
  elsif ($type == $ATTACH) { my ($id, $out, $err) = unpack('N/a* Q> Q>', $payload); attach($stream, $id, $out, $err) }
  elsif ($type == $CANCEL) { cancel($stream, $payload) }
  elsif ($type == $DETACH) { delete $streams{$stream}; delete $stdins{$stream} }
  elsif ($type == $STDIN) {
    if (!$stdins{$stream}) { my $path = "$ROOT/.stdin-$$-$stream"; open($stdins{$stream}, '+>', $path) or return failed($stream, 'command_failed', "$path could not be made: $!."); unlink $path; }
    my $n = syswrite($stdins{$stream}, $payload);
    failed($stream, 'command_failed', "The input could not be stored: $!.") unless defined $n && $n == length $payload;
  }
  elsif ($type == $ACK) { $streams{$stream}{credit} += unpack('N', $payload) if $streams{$stream} }
  elsif ($type == $READ) { my $text = slurp($payload, 1 << 20); defined $text ? send_frame($REPLY, $stream, $text) : failed($stream, 'not_found', "$payload could not be read: $!.") }
}

send_frame($HELLO, 0, '1');
my ($input, $starts, $wait) = ('', 0, 0.005);
prune();
while (1) {
  my $rin = '';
  vec($rin, fileno STDIN, 1) = 1;
  vec($rin, $_, 1) = 1 for keys %pipes;
  # Output of running commands is looked for often while it flows, ever more seldom while it does not.
  my $timeout;
  if (%streams) {
    my $now = now_ms();
    for my $s (values %streams) {
      next if $s->{credit} <= 0;
      my $pause = ($now - $s->{quiet}) / 4000;
      $pause = $pause < 0.004 ? 0.004 : $pause > 0.1 ? 0.1 : $pause;
      $timeout = $pause if !defined $timeout || $pause < $timeout;
    }
    $timeout = 0 if $wait == 0;
  }
  my $ready = select(my $rout = $rin, undef, undef, $timeout);
  if ($ready > 0) {
    for my $fd (grep { vec($rout, $_, 1) } keys %pipes) {
      my $pipe = delete $pipes{$fd};
      close $pipe->{fh};
      my $pid = delete $pending{$pipe->{id}};
      waitpid($pid, 0);
    }
    if (vec($rout, fileno STDIN, 1)) {
      my $n = sysread(STDIN, $input, 1 << 18, length $input);
      if (!defined $n) { next if $!{EINTR}; exit 0; }
      exit 0 if $n == 0;
      my $at = 0;
      while (length($input) - $at >= 9) {
        my ($size, $type, $stream) = unpack('N C N', substr($input, $at, 9));
        last if length($input) - $at < 4 + $size;
        my $payload = substr($input, $at + 9, $size - 5);
        $at += 4 + $size;
        handle($type, $stream, $payload);
        if ($type == $START && ++$starts % 500 == 0) { prune(); }
      }
      substr($input, 0, $at) = '';
    }
  }
  $wait = 1;
  for my $stream (keys %streams) { $wait = 0 if pump($stream); }
}
`;

/** Run as the command of the ssh channel: reads the program (8 hex digits, then so many bytes), then becomes it. */
export const NODE_HELPER_BOOTSTRAP = String.raw`exec perl -e 'sub r{my($n)=@_;my$b="";while(length$b<$n){sysread(STDIN,$b,$n-length$b,length$b)or exit 3}$b}my$p=r(hex r(8));eval$p;die$@if$@'`;
