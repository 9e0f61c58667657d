"""The only room that opens connections to the outside: public pages, under the rules of `addresses` and `targets`.

`fetcher` brings one page, `dialling` opens its connections, `turns` lets one request a host go at a time. What becomes
of a page is decided in `capturing`. `provider` asks the one that people log in at, which the operator named.
"""
