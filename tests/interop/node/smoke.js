'use strict';
// Drives a running server with the official Node client: accounts; single, linked, pending, post, void and
// failing transfers; look-ups; every balance and field checked. Address in TB_ADDRESS, the client's module
// path in TB_CLIENT. Prints "N passed, N failed" and exits non-zero when a check fails.
const assert = require('assert');
const tb = require(process.env.TB_CLIENT);

const { AccountFlags, TransferFlags, CreateAccountStatus, CreateTransferStatus } = tb;
const AMOUNT_MAX = 2n ** 128n - 1n;

const account = (id, fields = {}) => ({
  id, debits_pending: 0n, debits_posted: 0n, credits_pending: 0n, credits_posted: 0n,
  user_data_128: 0n, user_data_64: 0n, user_data_32: 0, reserved: 0, ledger: 7, code: 10, flags: 0,
  timestamp: 0n, ...fields,
});

const transfer = (id, debit, credit, amount, fields = {}) => ({
  id, debit_account_id: debit, credit_account_id: credit, amount, pending_id: 0n,
  user_data_128: 0n, user_data_64: 0n, user_data_32: 0, timeout: 0, ledger: 7, code: 20, flags: 0,
  timestamp: 0n, ...fields,
});

const balances = (one) =>
  [one.debits_pending, one.debits_posted, one.credits_pending, one.credits_posted];

async function expectBalances(client, expected) {
  const ids = Object.keys(expected).map(BigInt);
  const found = await client.lookupAccounts(ids);
  assert.strictEqual(found.length, ids.length);
  for (const one of found) assert.deepStrictEqual(balances(one), expected[one.id], `account ${one.id}`);
}

const steps = [];
const step = (name, run) => steps.push({ name, run });

step('accounts are created once and found with the fields they were sent with', async (client) => {
  const events = [account(1n, { user_data_128: 5n, user_data_64: 6n, user_data_32: 7 }),
    account(2n), account(3n, { flags: AccountFlags.debits_must_not_exceed_credits })];
  const first = await client.createAccounts(events);
  assert.deepStrictEqual(first.map((one) => one.status), Array(3).fill(CreateAccountStatus.created));
  const again = await client.createAccounts(events);
  assert.deepStrictEqual(again.map((one) => one.status), Array(3).fill(CreateAccountStatus.exists));
  assert.deepStrictEqual(again.map((one) => one.timestamp), first.map((one) => one.timestamp));
  const found = await client.lookupAccounts([1n, 99n, 2n]);
  assert.deepStrictEqual(found, [{ ...events[0], timestamp: first[0].timestamp },
    { ...events[1], timestamp: first[1].timestamp }]);
});

step('invalid accounts are refused with their own status', async (client) => {
  const results = await client.createAccounts([
    account(0n), account(AMOUNT_MAX), account(50n, { ledger: 0 }), account(51n, { code: 0 }),
    account(1n, { code: 11 })]);
  assert.deepStrictEqual(results.map((one) => one.status), [
    CreateAccountStatus.id_must_not_be_zero, CreateAccountStatus.id_must_not_be_int_max,
    CreateAccountStatus.ledger_must_not_be_zero, CreateAccountStatus.code_must_not_be_zero,
    CreateAccountStatus.exists_with_different_user_data_128]);
});

step('a single transfer moves its amount', async (client) => {
  const [result] = await client.createTransfers([transfer(100n, 1n, 2n, 50n)]);
  assert.strictEqual(result.status, CreateTransferStatus.created);
  await expectBalances(client, { 1: [0n, 50n, 0n, 0n], 2: [0n, 0n, 0n, 50n] });
  const [found] = await client.lookupTransfers([100n]);
  assert.deepStrictEqual(found, transfer(100n, 1n, 2n, 50n, { timestamp: result.timestamp }));
});

step('a linked chain fails as a whole and succeeds as a whole', async (client) => {
  const linked = TransferFlags.linked;
  const failed = await client.createTransfers([
    transfer(110n, 1n, 2n, 1n, { flags: linked }), transfer(111n, 1n, 99n, 1n, { flags: linked }),
    transfer(112n, 1n, 2n, 1n), transfer(113n, 2n, 1n, 3n)]);
  assert.deepStrictEqual(failed.map((one) => one.status), [
    CreateTransferStatus.linked_event_failed, CreateTransferStatus.credit_account_not_found,
    CreateTransferStatus.linked_event_failed, CreateTransferStatus.created]);
  const succeeded = await client.createTransfers([
    transfer(120n, 1n, 2n, 1n, { flags: linked }), transfer(121n, 1n, 2n, 2n)]);
  assert.ok(succeeded.every((one) => one.status === CreateTransferStatus.created));
  await expectBalances(client, { 1: [0n, 53n, 0n, 3n], 2: [0n, 3n, 0n, 53n] });
});

step('a failed id stays failed', async (client) => {
  const [result] = await client.createTransfers([transfer(111n, 1n, 2n, 1n)]);
  assert.strictEqual(result.status, CreateTransferStatus.id_already_failed);
});

step('pending transfers are posted in part, posted in full and voided', async (client) => {
  const pending = TransferFlags.pending;
  const made = await client.createTransfers([
    transfer(130n, 1n, 2n, 10n, { flags: pending }), transfer(131n, 1n, 2n, 20n, { flags: pending }),
    transfer(132n, 1n, 2n, 30n, { flags: pending })]);
  assert.ok(made.every((one) => one.status === CreateTransferStatus.created));
  await expectBalances(client, { 1: [60n, 53n, 0n, 3n], 2: [0n, 3n, 60n, 53n] });
  const post = TransferFlags.post_pending_transfer;
  const done = await client.createTransfers([
    transfer(140n, 0n, 0n, 4n, { pending_id: 130n, ledger: 0, code: 0, flags: post }),
    transfer(141n, 0n, 0n, AMOUNT_MAX, { pending_id: 131n, ledger: 0, code: 0, flags: post }),
    transfer(142n, 0n, 0n, 0n,
      { pending_id: 132n, ledger: 0, code: 0, flags: TransferFlags.void_pending_transfer }),
    transfer(143n, 0n, 0n, AMOUNT_MAX, { pending_id: 130n, ledger: 0, code: 0, flags: post })]);
  assert.deepStrictEqual(done.map((one) => one.status), [
    CreateTransferStatus.created, CreateTransferStatus.created, CreateTransferStatus.created,
    CreateTransferStatus.pending_transfer_already_posted]);
  await expectBalances(client, { 1: [0n, 77n, 0n, 3n], 2: [0n, 3n, 0n, 77n] });
  const [posted] = await client.lookupTransfers([141n]);
  assert.deepStrictEqual([posted.amount, posted.debit_account_id, posted.ledger, posted.code],
    [20n, 1n, 7, 20]);
});

step('a limit of an account is kept', async (client) => {
  const results = await client.createTransfers([
    transfer(150n, 3n, 1n, 1n), transfer(151n, 1n, 3n, 5n), transfer(152n, 3n, 1n, 5n)]);
  assert.deepStrictEqual(results.map((one) => one.status), [
    CreateTransferStatus.exceeds_credits, CreateTransferStatus.created,
    CreateTransferStatus.created]);
});

step('a full batch and an empty one are answered', async (client) => {
  const events = Array.from({ length: 8189 }, (_, index) => transfer(10000n + BigInt(index), 1n, 2n, 1n));
  const results = await client.createTransfers(events);
  assert.strictEqual(results.length, events.length);
  assert.ok(results.every((one) => one.status === CreateTransferStatus.created));
  assert.deepStrictEqual(await client.createTransfers([]), []);
  assert.strictEqual((await client.lookupTransfers(events.map((one) => one.id))).length, 8189);
});

step('calls at the same time are all answered', async (client) => {
  const calls = Array.from({ length: 40 }, (_, index) =>
    client.createTransfers([transfer(50000n + BigInt(index), 2n, 1n, 1n)]));
  for (const [result] of await Promise.all(calls)) {
    assert.strictEqual(result.status, CreateTransferStatus.created);
  }
});

async function main() {
  const client = tb.createClient({ cluster_id: 0n, replica_addresses: [process.env.TB_ADDRESS] });
  let failed = 0;
  for (const { name, run } of steps) {
    try {
      await run(client);
      console.log(`ok: ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED: ${name}\n${error.stack}`);
    }
  }
  client.destroy();
  console.log(`${steps.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main();
