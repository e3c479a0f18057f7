'use strict';
// Drives a running server with an official Node client before 0.17.0, whose answers to creates hold only
// failures. Address in TB_ADDRESS, the client's module path in TB_CLIENT.
const assert = require('assert');
const tb = require(process.env.TB_CLIENT);

const account = (id) => ({
  id, debits_pending: 0n, debits_posted: 0n, credits_pending: 0n, credits_posted: 0n,
  user_data_128: 0n, user_data_64: 0n, user_data_32: 0, reserved: 0, ledger: 7, code: 10, flags: 0,
  timestamp: 0n,
});

const transfer = (id, amount) => ({
  id, debit_account_id: 1n, credit_account_id: 2n, amount, pending_id: 0n, user_data_128: 0n,
  user_data_64: 0n, user_data_32: 0, timeout: 0, ledger: 7, code: 20, flags: 0, timestamp: 0n,
});

async function main() {
  const client = tb.createClient({ cluster_id: 0n, replica_addresses: [process.env.TB_ADDRESS] });
  assert.deepStrictEqual(await client.createAccounts([account(1n), account(2n)]), []);
  const again = await client.createAccounts([account(3n), account(1n)]);
  assert.deepStrictEqual(again, [{ index: 1, result: tb.CreateAccountError.exists }]);
  assert.deepStrictEqual(await client.createTransfers([transfer(10n, 5n), transfer(11n, 6n)]), []);
  const [failed] = await client.createTransfers([{ ...transfer(12n, 1n), debit_account_id: 99n }]);
  assert.deepStrictEqual(failed, { index: 0, result: tb.CreateTransferError.debit_account_not_found });
  const [debit, credit] = await client.lookupAccounts([1n, 2n]);
  assert.deepStrictEqual([debit.debits_posted, credit.credits_posted], [11n, 11n]);
  assert.strictEqual((await client.lookupTransfers([10n, 11n, 12n])).length, 2);
  client.destroy();
  console.log('1 passed, 0 failed');
}

main().catch((error) => {
  console.log(`${error.stack}\n0 passed, 1 failed`);
  process.exit(1);
});
