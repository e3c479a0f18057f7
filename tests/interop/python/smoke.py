"""Drives a running server with the official Python client: creates, two-phase, queries, history.

Address in TB_ADDRESS, the client's folder on PYTHONPATH. Prints "N passed, N failed".
"""

import os
import unittest

import tigerbeetle as tb

LEDGER = 7
CODE = 10
ANY = {
    "user_data_128": 0,
    "user_data_64": 0,
    "user_data_32": 0,
    "timestamp_min": 0,
    "timestamp_max": 0,
}


def account(number, flags=tb.AccountFlags.NONE):
    return tb.Account(id=number, ledger=LEDGER, code=CODE, flags=flags)


def transfer(number, amount, **fields):
    values = {"debit_account_id": 1, "credit_account_id": 2, "ledger": LEDGER, "code": CODE}
    return tb.Transfer(id=number, amount=amount, **{**values, **fields})


def query_filter(**fields):
    values = {**ANY, "ledger": 0, "code": 0, "limit": 10, "flags": tb.QueryFilterFlags.NONE}
    return tb.QueryFilter(**{**values, **fields})


class Smoke(unittest.TestCase):
    """One test: the steps build on each other."""

    def test_a_ledger_from_creation_to_history(self):
        with tb.ClientSync(0, os.environ["TB_ADDRESS"]) as client:
            self.create(client)
            self.resolve(client)
            self.query(client)

    def create(self, client):
        results = client.create_accounts([account(1, tb.AccountFlags.HISTORY), account(2)])
        self.assertEqual([one.status for one in results], [tb.CreateAccountStatus.CREATED] * 2)
        results = client.create_transfers(
            [
                transfer(10, 5),
                transfer(11, 6, flags=tb.TransferFlags.PENDING, user_data_64=3),
                transfer(12, 1, debit_account_id=99),
                transfer(10, 5),
            ]
        )
        self.assertEqual(
            [one.status for one in results],
            [
                tb.CreateTransferStatus.CREATED,
                tb.CreateTransferStatus.CREATED,
                tb.CreateTransferStatus.DEBIT_ACCOUNT_NOT_FOUND,
                tb.CreateTransferStatus.EXISTS,
            ],
        )
        self.assertEqual(results[3].timestamp, results[0].timestamp)

    def resolve(self, client):
        post = tb.Transfer(
            id=13,
            amount=tb.AMOUNT_MAX,
            pending_id=11,
            flags=tb.TransferFlags.POST_PENDING_TRANSFER,
        )
        [result] = client.create_transfers([post])
        self.assertEqual(result.status, tb.CreateTransferStatus.CREATED)
        debit, credit = client.lookup_accounts([1, 2])
        self.assertEqual((debit.debits_pending, debit.debits_posted), (0, 11))
        self.assertEqual((credit.credits_pending, credit.credits_posted), (0, 11))

    def query(self, client):
        sides = tb.AccountFilterFlags.DEBITS | tb.AccountFilterFlags.CREDITS
        window = tb.AccountFilter(**ANY, code=0, account_id=1, limit=10, flags=sides)
        self.assertEqual([one.id for one in client.get_account_transfers(window)], [10, 11, 13])
        balances = client.get_account_balances(window)
        self.assertEqual([one.debits_posted for one in balances], [5, 5, 11])
        found = client.query_transfers(query_filter(user_data_64=3))
        self.assertEqual([one.id for one in found], [11, 13])
        found = client.query_accounts(query_filter(ledger=LEDGER))
        self.assertEqual([one.id for one in found], [1, 2])


if __name__ == "__main__":
    unittest.main()
