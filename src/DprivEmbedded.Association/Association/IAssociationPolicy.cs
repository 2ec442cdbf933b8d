namespace DprivEmbedded.Association;

/// <summary>Decides what a query does and what quiet time does. Pure: the same facts and observations give the same decisions; it reads no clock and allocates nothing.</summary>
public interface IAssociationPolicy
{
    /// <summary>Decides what a query does. What is not possible (no association, no session) becomes the next dearer action by itself.</summary>
    /// <param name="facts">The situation; not kept.</param>
    /// <returns>One of <see cref="QueryAction"/>.</returns>
    int DecideQuery(AssociationFacts facts);

    /// <summary>Plans quiet time. Asked again after every event that could change the plan, and before a sleep (<see cref="AssociationFacts.SleepMs"/>).</summary>
    /// <param name="facts">The situation; not kept.</param>
    /// <param name="plan">Receives the plan.</param>
    void PlanQuiet(AssociationFacts facts, QuietPlan plan);

    /// <summary>Learns from what happened.</summary>
    /// <param name="observation">One of <see cref="AssociationObservation"/>.</param>
    /// <param name="facts">The situation that it happened in; not kept.</param>
    void Observe(int observation, AssociationFacts facts);
}
