module example.com/trader/go-screener

go 1.19
