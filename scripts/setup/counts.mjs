// How many tests a runner's report counts.

export function fromVitest(text) {
  const report = JSON.parse(text);
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + (report.numTodoTests ?? 0) };
}

export function fromJunit(text) {
  const counted = { passed: 0, failed: 0, skipped: 0 };
  for (const [, attributes] of text.matchAll(/<testsuite ([^>]*)>/g)) {
    const number = name => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    const failed = number('failures') + number('errors');
    counted.failed += failed;
    counted.skipped += number('skipped');
    counted.passed += number('tests') - failed - number('skipped');
  }
  return counted;
}

export function fromPlaywright(text) {
  const { stats } = JSON.parse(text);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
}
