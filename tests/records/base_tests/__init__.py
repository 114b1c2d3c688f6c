"""Tests of EPICS base that need no code inside of the IOC, over CA. What base tests, and where that is tested here:

| base | here |
|---|---|
| asyncproctest | test_asyncproc |
| linkFilterTest, lnkStateTest, lnkCalcTest (what CA sees) | test_links |
| longoutTest (OOPT), scanEventTest, regressTest (severities), dbPutLinkTest (texts) | test_records |
| analogMonitorTest (and integers, which base leaves out) | test_monitors |
| boTest | test_bo |
| arrayOpTest, dbPutGetTest (what CA sees) | test_putget |
| asyncSoftTest (a calcout in place of its sub) | test_asyncsoft |
| recGblCheckDeadbandTest | tests/records/test_deadband |
| arrShorthandTest, dbChArrTest, arrTest, dbndTest, decTest, syncTest, tsTest | tests/server/test_filters |
| dbChannelTest (modifiers) | tests/server/test_views |
| dbCaLinkTest (CP, CPP, loss of the connection) | tests/runtime/test_links |

In place of aiTest, biTest, mbbioDirectTest, softTest, simmTest, seqTest, compressTest, printfTest, linkInitTest and
linkRetargetLinkTest there are the cases of tests.records.differential: the same fields, puts at random.

Not there: asTest and aslibtest (we have no access security files); of dbPutGetTest the memory layouts, `testPutSpecial`
(a record type of that test alone), and these, in which we differ:

- In base 0xffffffff for a SHORT in a database is -1; we refuse what is out of range. A second ``record(ai, "x")`` adds
  fields to the first in base; we want ``record("*", "x")`` for that.
- Where fewer characters of ``FIELD$`` are asked for than there are, base ends them with a NUL; ours are just the first.
  INP$ and RTYP$ as STRING are the text in base, here the number of each character.

Of arrayOpTest: a waveform (and aao) with room for one element is empty in base until it is written; here it holds a 0.
"""
