"""Accuracy against its cost: the trade of arms, the cost in parts, the cells of a sweep (Plotly).

elbo_cost.py   ELBO that an arm loses, part by part, as a row of steps from 0 to the whole (Plotly)
sweep_map.py   Cells of a sweep by margin and weight as a heat map that fills while they train (Plotly)
trade_off.py   Triplet accuracy against its cost, one point an arm, with the spread of seeds (Plotly)
"""
