"""What the fake services have in common: HTTP on loopback, faults, routes, a process of its own.

exchange, json_values   requests and responses as values
routing                 from method and path to the function that answers
faults                  what can go wrong between a client and any service
http, server            on a socket, recording what is asked
program                 as a process of its own, for benchmarks
"""
